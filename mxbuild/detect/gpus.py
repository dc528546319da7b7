"""NVIDIA's GPUs and driver: NVML first, then libcuda, nvidia-smi, /proc, a Jetson's files, PCI; the best that answers.

What a better source leaves open, the compute capability above all, is filled from the next ones and the tables.
NVIDIA_VISIBLE_DEVICES is not looked at: NVIDIA's images set it whether a GPU was handed in or not.
"""

from collections.abc import Iterator

import msgspec

from mxbuild.detect import chips, driver, pci
from mxbuild.detect.gpuprobes import WSL, Said, library, smi
from mxbuild.detect.pci import Adapter
from mxbuild.detect.programs import Ask, find
from mxbuild.model import Driver, Gpu, Note
from mxbuild.system import System

HOLDERS = {
    "nouveau": "is held by the nouveau driver, with which CUDA does not work; it needs NVIDIA's own",
    "vfio-pci": "is set aside for virtual machines (vfio-pci)",
}
"""Drivers in place of NVIDIA's -> what that means."""

MISMATCH = "ersion mismatch"
"""In what NVML ("RM has detected an NVML/RM version mismatch.") and nvidia-smi say after a driver's update."""


def look(system: System, ask: Ask, notes: list[Note]) -> tuple[tuple[Gpu, ...], Driver | None]:
    """All GPUs by bus id, and the driver that is loaded."""
    adapters = pci.adapters(system)
    cards = [adapter for adapter in adapters if adapter.vendor == pci.NVIDIA]
    tegra, came_with = driver.jetson(system)
    version, file = driver.version(system)
    asked = _asked(system, ask) if file or tegra or driver.node(system) or _smi_is_here(system) else []
    best = next((answer for answer in asked if answer.gpus), Said())
    gpus = best.gpus or driver.listed(system) or ((tegra,) if tegra else ()) or tuple(_of_pci(cards))
    gpus = tuple(sorted((_whole(gpu, asked, cards, tegra) for gpu in gpus), key=lambda gpu: (gpu.bus, gpu.name)))
    notes.extend(_odd(gpus, adapters))
    if not (best.gpus or file or (tegra and driver.node(system))):
        return gpus, None
    said = next((answer for answer in asked if answer.version), Said())
    number, source = (said.version, said.source) if said.version else (version, file)
    cuda = next((answer.cuda for answer in asked if answer.cuda), "") or chips.cuda_of_driver(number) or came_with
    usable = bool(best.gpus) or bool(driver.node(system))
    if not best.gpus and not tegra:
        usable = _complain(asked, usable, notes)
    return gpus, Driver(version=number, cuda=cuda, usable=usable, source=source or best.source or driver.node(system))


def _odd(gpus: tuple[Gpu, ...], adapters: tuple[Adapter, ...]) -> Iterator[Note]:
    """GPUs that another driver holds or of which too little is known; other makers' where there is none."""
    for adapter in adapters:
        if adapter.vendor == pci.NVIDIA and adapter.driver in HOLDERS:
            yield Note("driver", f"the GPU at {adapter.bus} {HOLDERS[adapter.driver]}")
        if adapter.vendor in pci.OTHERS and not gpus:
            yield Note("gpu", f"the display adapter at {adapter.bus} is {pci.OTHERS[adapter.vendor]}'s: no CUDA on it")
    for gpu in gpus:
        if not gpu.capability:
            yield Note("gpu", f"{' at '.join(filter(None, (gpu.name, gpu.bus)))}: compute capability not known")


def _smi_is_here(system: System) -> bool:
    """Whether nvidia-smi can be called: on a machine without a screen it is what loads the driver."""
    return find(system, "nvidia-smi") is not None or system.executable(WSL)


def _asked(system: System, ask: Ask) -> list[Said]:
    """Answers, best first, until one is whole."""
    answers = [library(ask, "nvml", "NVML")]
    if not _is_whole(answers[0]):
        answers.append(library(ask, "libcuda", "libcuda"))
    if not any(answer.gpus for answer in answers):
        answers.append(smi(system, ask))
    return answers


def _is_whole(answer: Said) -> bool:
    return bool(answer.gpus) and all(gpu.capability for gpu in answer.gpus)


def _complain(asked: list[Said], usable: bool, notes: list[Note]) -> bool:
    """Notes why a loaded driver does not answer; whether it can be used all the same."""
    if not usable:
        notes.append(
            Note("driver", "the driver is loaded, but its device nodes are not here: a container must be given the GPU")
        )
        return False
    refused = [answer for answer in asked if answer.refused]
    if any(MISMATCH in answer.refused for answer in refused):
        text = "the driver was updated while it was loaded: restart the machine, until then no GPU can be used"
        notes.append(Note("driver", text))
        return False
    if refused:
        notes.append(Note("driver", f"the driver is loaded, but {refused[0].source} says: {refused[0].refused}"))
    return True


def _of_pci(cards: list[Adapter]) -> list[Gpu]:
    found = []
    for card in cards:
        name = chips.chip(card.device)
        known = name or f"NVIDIA device {card.device:04x}"
        found.append(Gpu(name=known, capability=chips.of_chip(name), memory=0, bus=card.bus, source=card.source))
    return found


def _whole(gpu: Gpu, asked: list[Said], cards: list[Adapter], tegra: Gpu | None) -> Gpu:
    """The GPU with what its source left open: from other answers on the same bus, its chip, its name."""
    same = [other for answer in asked for other in answer.gpus if other.bus == gpu.bus]
    card = next((card for card in cards if card.bus == gpu.bus), None)
    ways = [other.capability for other in same]
    ways += [chips.of_chip(chips.chip(card.device)) if card else "", chips.of_name(gpu.name)]
    ways += [tegra.capability if tegra else ""]
    return msgspec.structs.replace(
        gpu,
        bus="" if tegra else gpu.bus,  # libcuda makes one up there: 0000:00:00.0
        name=gpu.name or (tegra.name if tegra else "NVIDIA GPU"),
        capability=gpu.capability or next(filter(None, ways), ""),
        memory=gpu.memory or next((other.memory for other in same if other.memory), 0),
    )
