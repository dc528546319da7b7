"""GPUs and driver: which source is believed, what is filled in from where, and what is said about odd machines."""

import json
from itertools import pairwise

import pytest

from mxbuild.detect import chips, gpus, pci
from mxbuild.model import Driver, Gpu, Note
from mxbuild.system import Answer, System
from tests.detect.machine import Build, asking

GIB = 1 << 30
V100 = {"name": "Tesla V100-SXM2-16GB", "capability": [7, 0], "memory": 16 * GIB, "bus": "00000000:3B:00.0"}
LOADED = {
    "/proc/driver/nvidia/version": (
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Wed Oct 27 21:21:55 UTC 2021\n"
    ),
    "/dev/nvidiactl": "",
}
QUERY = "/usr/bin/nvidia-smi --query-gpu={} --format=csv,noheader,nounits"
NEW = QUERY.format("name,compute_cap,memory.total,pci.bus_id,driver_version")
OLD = QUERY.format("name,memory.total,pci.bus_id,driver_version")


def look(system: System) -> tuple[tuple[Gpu, ...], Driver | None, list[str]]:
    notes: list[Note] = []
    found, driver = gpus.look(system, asking(system), notes)
    return found, driver, [note.text for note in notes]


def card(device: str = "1db1", vendor: str = "10de", kind: str = "030200", bus: str = "0000:3b:00.0") -> dict[str, str]:
    values = {"class": kind, "vendor": vendor, "device": device}
    return {f"/sys/bus/pci/devices/{bus}/{name}": f"0x{value}\n" for name, value in values.items()}


def answer(**told: object) -> str:
    return json.dumps(told)


def test_nvml_is_believed_first(build: Build) -> None:
    nvml = answer(driver="470.82.01", cuda=11040, gpus=[V100])
    libcuda = answer(cuda=9000, gpus=[V100 | {"name": "other"}])
    found, driver, notes = look(build(LOADED, answers={"mxbuild-nvml": nvml, "mxbuild-libcuda": libcuda}))
    gpu = Gpu(name="Tesla V100-SXM2-16GB", capability="7.0", memory=16 * GIB, bus="0000:3b:00.0", source="NVML")
    assert found == (gpu,)
    assert driver == Driver(version="470.82.01", cuda="11.4", usable=True, source="NVML")
    assert notes == []


def test_an_old_nvml_is_completed_by_libcuda_on_the_same_bus(build: Build) -> None:
    bare = [V100 | {"capability": None, "bus": f"00000000:{n}:00.0"} for n in ("3B", "3C")]
    full = [V100 | {"capability": [3, 7], "bus": "0000:3c:00.0"}, V100 | {"bus": "0000:3b:00.0"}]
    nvml, libcuda = answer(driver="384.145", gpus=bare), answer(cuda=9000, gpus=full)
    found, driver, _ = look(build(LOADED, answers={"mxbuild-nvml": nvml, "mxbuild-libcuda": libcuda}))
    assert [(g.bus, g.capability, g.source) for g in found] == [
        ("0000:3b:00.0", "7.0", "NVML"),
        ("0000:3c:00.0", "3.7", "NVML"),
    ]
    assert driver is not None
    assert driver.cuda == "9.0"


def test_an_older_nvidia_smi_is_asked_without_compute_cap_and_pci_fills_it_in(build: Build) -> None:
    refused = Answer(2, 'Field "compute_cap" is not a valid field to query.\n')
    system = build(
        {**LOADED, **card()},
        programs=["/usr/bin/nvidia-smi"],
        answers={NEW: refused, OLD: "Strange Card, 16160, 00000000:3B:00.0, 470.82.01\n"},
    )
    found, driver, _ = look(system)
    assert found == (Gpu(name="Strange Card", capability="7.0", memory=16160 << 20, bus="0000:3b:00.0", source=OLD),)
    assert driver == Driver(version="470.82.01", cuda="11.4", usable=True, source=OLD)


def test_nvidia_smi_where_the_memory_is_the_systems(build: Build) -> None:
    row = "NVIDIA GB10, 12.1, [N/A], 0000000F:01:00.0, 580.95.05\n"
    found, driver, notes = look(build(LOADED, programs=["/usr/bin/nvidia-smi"], answers={NEW: row}))
    assert found == (Gpu(name="NVIDIA GB10", capability="12.1", memory=0, bus="000f:01:00.0", source=NEW),)
    assert driver is not None
    assert (driver.cuda, notes) == ("13.0", [])


def test_a_card_without_a_driver_is_known_by_its_chip(build: Build) -> None:
    found, driver, notes = look(
        build({**card("2b85", kind="030000"), **card("22e8", kind="040300", bus="0000:3b:00.1")})
    )
    source = "/sys/bus/pci/devices/0000:3b:00.0/device"
    assert found == (Gpu(name="GB202", capability="12.0", memory=0, bus="0000:3b:00.0", source=source),)
    assert (driver, notes) == (None, [])


def test_a_card_that_came_later_than_the_table(build: Build) -> None:
    found, _, notes = look(build(card("ffff")))
    assert [(gpu.name, gpu.capability) for gpu in found] == [("NVIDIA device ffff", "")]
    assert notes == ["NVIDIA device ffff at 0000:3b:00.0: compute capability not known"]


def test_nouveau_in_place_of_the_driver(build: Build) -> None:
    link = {"/sys/bus/pci/devices/0000:3b:00.0/driver": "../../../drivers/nouveau"}
    found, driver, notes = look(build(card("1b80", kind="030000"), links=link))
    assert [gpu.name for gpu in found] == ["GP104"]
    assert driver is None
    assert ["nouveau" in note for note in notes] == [True]


def test_nothing_injected_into_the_container(build: Build) -> None:
    information = "Model: \t\t NVIDIA A100-SXM4-40GB\nGPU UUID: \t GPU-1234\nBus Location: \t 0000:3b:00.0\n"
    system = build(
        {
            "/proc/driver/nvidia/version": LOADED["/proc/driver/nvidia/version"],
            "/proc/driver/nvidia/gpus/0000:3b:00.0/information": information,
        },
        environ={"PATH": "/usr/bin", "NVIDIA_VISIBLE_DEVICES": "all"},
    )
    found, driver, notes = look(system)
    assert [(gpu.name, gpu.capability) for gpu in found] == [("NVIDIA A100-SXM4-40GB", "8.0")]
    file = "/proc/driver/nvidia/version"
    assert driver == Driver(version="470.82.01", cuda="11.4", usable=False, source=file)
    assert notes == ["the driver is loaded, but its device nodes are not here: a container must be given the GPU"]


def test_nvidia_visible_devices_is_no_evidence(build: Build) -> None:
    environ = {"PATH": "/usr/bin", "NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}
    assert look(build(environ=environ)) == ((), None, [])


def test_a_driver_that_was_updated_under_way(build: Build) -> None:
    nvml = Answer(1, answer(error="RM has detected an NVML/RM version mismatch."))
    found, driver, notes = look(build({**LOADED, **card()}, answers={"mxbuild-nvml": nvml}))
    assert [gpu.name for gpu in found] == ["GV100"]
    assert driver is not None
    assert not driver.usable
    assert notes == ["the driver was updated while it was loaded: restart the machine, until then no GPU can be used"]


def test_a_driver_that_refuses(build: Build) -> None:
    answers = {"mxbuild-nvml": Answer(1, answer(error="Driver Not Loaded")), "mxbuild-libcuda": answer(error="x")}
    _, driver, notes = look(build({**LOADED, **card()}, answers=answers))
    assert driver is not None
    assert driver.usable
    assert notes == ["the driver is loaded, but NVML says: Driver Not Loaded"]


@pytest.mark.parametrize(("vendor", "maker"), [("1002", "AMD"), ("8086", "Intel")])
def test_other_makers_adapters(build: Build, vendor: str, maker: str) -> None:
    found, driver, notes = look(build(card("744c", vendor, "030000")))
    assert (found, driver) == ((), None)
    assert notes == [f"the display adapter at 0000:3b:00.0 is {maker}'s: no CUDA on it"]


def test_other_makers_adapters_beside_a_gpu_are_no_news(build: Build) -> None:
    found, _, notes = look(build({**card(), **card("744c", "1002", "030000", "0000:01:00.0")}))
    assert ([gpu.name for gpu in found], notes) == (["GV100"], [])


def test_a_server_without_any_is_asked_nothing(build: Build) -> None:
    answers = {"mxbuild-nvml": answer(gpus=[V100]), "mxbuild-libcuda": answer(gpus=[V100])}
    assert look(build(card("2000", "1a03", "030000"), answers=answers)) == ((), None, [])


JETSON = {
    "/etc/nv_tegra_release": "# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref, EABI: aarch64\n",
    "/proc/device-tree/model": "NVIDIA Jetson Nano Developer Kit\0",
    "/proc/device-tree/compatible": "nvidia,p3450-0000\0nvidia,tegra210\0",
    "/dev/nvhost-gpu": "",
}


def test_a_jetson_by_its_files(build: Build) -> None:
    found, driver, notes = look(build(JETSON))
    compatible = "/proc/device-tree/compatible"
    name = "NVIDIA Jetson Nano Developer Kit"
    assert found == (Gpu(name=name, capability="5.3", memory=0, bus="", source=compatible),)
    assert driver == Driver(version="", cuda="10.0", usable=True, source="/dev/nvhost-gpu")
    assert notes == []


def test_a_jetson_that_answers(build: Build) -> None:
    nano = {"name": "NVIDIA Tegra X1", "capability": [5, 3], "memory": 4 * GIB, "bus": "0000:00:00.0"}
    found, driver, _ = look(build(JETSON, answers={"mxbuild-libcuda": answer(cuda=10020, gpus=[nano])}))
    assert found == (Gpu(name="NVIDIA Tegra X1", capability="5.3", memory=4 * GIB, bus="", source="libcuda"),)
    assert driver is not None
    assert (driver.cuda, driver.usable) == ("10.2", True)


def test_another_makers_device_tree_is_no_jetson(build: Build) -> None:
    files = {"/proc/device-tree/model": "Raspberry Pi 4\0", "/proc/device-tree/compatible": "brcm,bcm2711\0"}
    assert look(build(files)) == ((), None, [])


def test_wsl_by_its_own_nvidia_smi(build: Build) -> None:
    smi = NEW.replace("/usr/bin", "/usr/lib/wsl/lib")
    system = build(
        {"/dev/dxg": ""},
        programs=["/usr/lib/wsl/lib/nvidia-smi"],
        answers={smi: "NVIDIA GeForce RTX 3060, 8.6, 12288, 00000000:01:00.0, 551.61\n"},
    )
    found, driver, _ = look(system)
    assert [(gpu.capability, gpu.bus) for gpu in found] == [("8.6", "0000:01:00.0")]
    assert driver == Driver(version="551.61", cuda="12.4", usable=True, source=smi)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (LOADED["/proc/driver/nvidia/version"], "470.82.01"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build  (dvs)\n", "560.35.03"),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  390.157", "390.157"),
        ("NVRM version: something else\n", ""),
        ("", ""),
    ],
)
def test_the_loaded_modules_version(build: Build, text: str, version: str) -> None:
    _, driver, _ = look(build({"/proc/driver/nvidia/version": text, "/dev/nvidiactl": ""}))
    assert driver is not None
    assert driver.version == version


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("NVIDIA H100 80GB HBM3", "9.0"),
        ("NVIDIA GH200 480GB", "9.0"),
        ("NVIDIA GB200", "10.0"),
        ("NVIDIA GeForce RTX 5090", "12.0"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "12.0"),
        ("NVIDIA L40S", "8.9"),
        ("NVIDIA RTX 6000 Ada Generation", "8.9"),
        ("NVIDIA RTX A6000", "8.6"),
        ("NVIDIA A10G", "8.6"),
        ("NVIDIA A100-SXM4-40GB", "8.0"),
        ("Tesla T4", "7.5"),
        ("Quadro RTX 6000", "7.5"),
        ("TITAN RTX", "7.5"),
        ("Tesla V100-PCIE-32GB", "7.0"),
        ("TITAN V", "7.0"),
        ("Tesla P100-PCIE-16GB", "6.0"),
        ("Tesla P4", "6.1"),
        ("NVIDIA GeForce GTX 1080 Ti", "6.1"),
        ("NVIDIA TITAN X (Pascal)", "6.1"),
        ("GeForce GTX TITAN X", "5.2"),
        ("GeForce GTX 980 Ti", "5.2"),
        ("GeForce GTX 960M", ""),  # GM107, not the GM206 of a GTX 960
        ("GeForce GTX 750 Ti", "5.0"),
        ("Tesla K80", "3.7"),
        ("Tesla K40m", "3.5"),
        ("GeForce GTX TITAN Black", "3.5"),
        ("GeForce GT 730", ""),  # sold with three chips
        ("Strange Card", ""),
        ("", ""),
    ],
)
def test_names(name: str, capability: str) -> None:
    assert chips.of_name(name) == capability


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (0x1DB1, "GV100"),
        (0x20B0, "GA100"),
        (0x2204, "GA102"),
        (0x2330, "GH100"),
        (0x2684, "AD102"),
        (0x2941, "GB100"),
        (0x2B85, "GB202"),
        (0x102D, "GK210"),
        (0x1024, "GK180"),
        (0, ""),
        (0xFFFF, ""),
    ],
)
def test_device_ids(device: int, name: str) -> None:
    assert chips.chip(device) == name


def test_the_table_agrees_with_itself() -> None:
    table = chips.table()
    ranges = sorted(
        (*(int(end, 16) for end in text.split("-")), chip) for chip, texts in table.devices.items() for text in texts
    )
    assert all(first <= last for first, last, _ in ranges)
    assert all(before[1] < after[0] for before, after in pairwise(ranges)), "no id has two chips"
    assert all(chips.of_chip(chip) for chip in table.devices)
    numbers = [tuple(map(int, number.split("."))) for number in table.capabilities]
    assert numbers == sorted(numbers)
    assert set(table.names.values()) <= set(table.capabilities)
    assert {*table.tegras.values(), *table.jetsons.values()} <= set(table.capabilities)
    assert [*map(int, table.drivers)] == sorted(map(int, table.drivers))


@pytest.mark.parametrize(
    ("version", "cuda"),
    [
        ("384.81", "9.0"),
        ("378.13", "8.0"),
        ("470.256.02", "11.4"),
        ("700.1", "13.1"),
        ("340.1", ""),
        ("", ""),
        ("x", ""),
    ],
)
def test_cuda_of_a_driver(version: str, cuda: str) -> None:
    assert chips.cuda_of_driver(version) == cuda


def test_letters_after_a_chips_number_do_not_matter() -> None:
    assert [chips.of_chip(name) for name in ("AD104GLM", "GK110B", "GB20B", "GB205", "")] == [
        "8.9",
        "3.5",
        "12.1",
        "12.0",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "bus"),
    [
        ("00000000:65:00.0", "0000:65:00.0"),
        ("0009:01:00.0", "0009:01:00.0"),
        ("10000:01:00.0", "10000:01:00.0"),
        ("N/A", ""),
        ("0000:65:00.9", ""),
    ],
)
def test_bus_ids(text: str, bus: str) -> None:
    assert pci.bus(text) == bus


def test_nonsense_is_left_out_and_filled_in(build: Build) -> None:
    odd = V100 | {"memory": -1, "bus": "none", "capability": [700, 0]}
    found, _, _ = look(build(LOADED, answers={"mxbuild-nvml": answer(driver="1", cuda=-1, gpus=[odd])}))
    assert [(gpu.memory, gpu.bus, gpu.capability) for gpu in found] == [(0, "", "7.0")]
