"""Device code, run path and driver of small libraries that are made like a library with device code."""

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import VerificationError
from mxbuild.execute import device, elf, loader, runtime, verify
from mxbuild.model import CheckResult, DeviceCheck, FeatureResult, Verify, counted
from tests.execute.pythons import bare_environment, context, library
from tests.execute.test_fatbin import REAL, RECORD, container, entry
from tests.execute.test_verify import SCRIPTS, failure, feature, inside

CHECK = DeviceCheck(
    sass=("7.5", "9.0"), ptx="9.0", gpu=False, forbidden=(), driver=True, cudnn="", checks=("gpu_sum",)
)  # fmt: skip


def changed(**fields: object) -> DeviceCheck:
    return msgspec.structs.replace(CHECK, **fields)


def with_code(path: Path, data: bytes, count: int = 1) -> Path:
    """Put device code into a library."""
    for name, content in (("nv_fatbin", data), ("nvFatBinSegment", RECORD * count)):
        place = path.parent / name
        place.write_bytes(content)
        subprocess.run(["objcopy", f"--add-section=.{name}={place}", str(path)], check=True)
        place.unlink()
    return path


@pytest.mark.parametrize(
    ("data", "check", "status", "detail"),
    [
        (REAL, CHECK, "passed", "sm_75, sm_90, PTX 9.0 in each of 1 part"),
        (REAL * 3, changed(sass=("9.0",), ptx=""), "passed",
         "sm_90 in each of 3 parts, not asked for: sm_75, PTX 9.0"),
        (REAL, changed(sass=("7.5", "8.6")), "failed",
         "sm_86 is missing in 1 of 1 part; the library has sm_75, sm_90, PTX 9.0"),
        (REAL + container(entry(2, 90, 8)), CHECK, "failed",
         "sm_75 is missing in 1 of 2 parts, PTX 9.0 is missing in 1 of 2 parts; the library has sm_75, sm_90, PTX 9.0"),
        (REAL[:-1], CHECK, "failed", "goes beyond the end"),
        (b"", CHECK, "failed", "expected sm_75, sm_90, PTX 9.0, but the library has no device code"),
    ],
)  # fmt: skip
def test_what_was_asked_for_is_in_every_part(
    tmp_path: Path, data: bytes, check: DeviceCheck, status: str, detail: str
) -> None:
    path = library(tmp_path / "a.so")
    found = device.architectures(str(with_code(path, data) if data else path), check)
    assert found.status == status
    assert found.detail == detail or (detail == "goes beyond the end" and detail in found.detail)


def linked(tmp_path: Path, *flags: str, stub: str = "stubs") -> Path:
    """A library that needs CUDA's run-time, which lies in lib/, and the driver's library, of which there is a stub."""
    runtime_library = library(tmp_path / "lib/libcudart.so.13", "int cudaRun(void) { return 0; }",
                              "-Wl,-soname,libcudart.so.13")  # fmt: skip
    driver = library(tmp_path / stub / "libcuda.so", "int cuInit(unsigned f) { return 34; }",
                     "-Wl,-soname,libcuda.so.1")  # fmt: skip
    (driver.parent / "libcuda.so.1").symlink_to("libcuda.so")
    text = "int cuInit(unsigned); int cudaRun(void); int both(void) { return cuInit(0) + cudaRun(); }"
    return library(tmp_path / "liba.so", text, str(runtime_library), str(driver), *flags)


def looked(path: Path, check: DeviceCheck) -> tuple[CheckResult, CheckResult]:
    from mxbuild.execute import evidence

    facts, resolution = elf.facts(str(path)), loader.resolve(str(path), {})
    return evidence.linked(facts, resolution, device.absent(check)), device.run_path(
        str(path), facts.dynamic, resolution, check
    )


def test_a_machine_without_a_driver_lacks_only_the_drivers_library(tmp_path: Path) -> None:
    path = linked(tmp_path, "-Wl,-rpath,$ORIGIN/lib")
    links, way = looked(path, changed(driver=False))
    assert (links.status, way.status) == ("passed", "passed")
    assert "libcuda.so.1, which comes with the driver" in links.detail
    assert way.detail == (
        "$ORIGIN/lib; 1 file of CUDA found, none a stub; "
        "libcuda.so.1 comes with the driver, which this machine does not have"
    )
    links, way = looked(path, CHECK)
    assert (links.status, way.status) == ("failed", "failed")
    assert way.detail == "libcuda.so.1 is not found"


def test_another_library_of_cudas_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    _, way = looked(linked(tmp_path), changed(driver=False))
    assert (way.status, way.detail) == ("failed", "libcudart.so.13 is not found")


@pytest.mark.parametrize("flag", ["--enable-new-dtags", "--disable-new-dtags"])
@pytest.mark.parametrize(("name", "forbidden"), [("stubs", ()), ("elsewhere", ("{}/elsewhere",))])
def test_a_stub_in_the_run_path_is_a_failure(tmp_path: Path, flag: str, name: str, forbidden: tuple[str, ...]) -> None:
    path = linked(tmp_path, f"-Wl,{flag},-rpath,$ORIGIN/lib:$ORIGIN/{name}", stub=name)
    check = changed(driver=False, forbidden=tuple(f.format(tmp_path) for f in forbidden))
    _, way = looked(path, check)
    assert way.status == "failed"
    assert f"{tmp_path}/{name} has stubs" in way.detail


def test_a_stub_that_is_found_another_way_is_a_failure(tmp_path: Path) -> None:
    path = linked(tmp_path, "-Wl,-rpath,$ORIGIN/lib")
    facts = elf.facts(str(path))
    resolution = loader.resolve(str(path), {"libcuda.so.1": (f"{tmp_path}/stubs/libcuda.so.1",)})
    way = device.run_path(str(path), facts.dynamic, resolution, changed(driver=True))
    assert (way.status, way.detail) == ("failed", f"libcuda.so.1 is a stub: {tmp_path}/stubs/libcuda.so.1")


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verify:
    """A package whose import loads a library that needs the driver's at once, on a machine that has none."""
    monkeypatch.setattr(runtime, "SCRIPTS", tmp_path / "scripts")
    (tmp_path / "scripts").mkdir()
    scripts = {**SCRIPTS, "gpu_sum": "print('on the GPU')", "gpu_cudnn": "import sys; print('cuDNN', *sys.argv[4:])"}
    for name, text in scripts.items():
        (tmp_path / "scripts" / f"{name}.py").write_text(text)
    load = "import ctypes, os\nlibrary = ctypes.CDLL(os.path.dirname(__file__) + '/libmxnet.so')\n"
    environment = bare_environment(tmp_path / "env", f"{load}assert library.run() == 100\n")
    place = inside(environment)
    stub = library(tmp_path / "stubs/libcuda.so", "int cuInit(unsigned f) { return 34; }", "-Wl,-soname,libcuda.so.1")
    library(place, "int cuInit(unsigned); int run(void) { return cuInit(0); }", str(stub), "-Wl,-z,now")
    with_code(place, REAL)
    return Verify(
        environment=str(environment),
        wheel="/nonexistent",
        package="mxnet",
        release="1",
        features=(feature("cudnn", symbols=("cuInit",), checks=("gpu_cudnn",)),),
        checks=("import", "good"),
        device=changed(driver=False, cudnn="8.9.2"),
        log=str(tmp_path / "logs" / "verify.log"),
    )


def has_driver() -> bool:
    return "libcuda.so.1" in loader.cache(os.environ)


@pytest.mark.skipif(has_driver(), reason="this machine has NVIDIA's driver")
def test_without_a_gpu_the_cpus_side_is_checked_and_the_rest_is_not_run(step: Verify) -> None:
    outcome = verify.run(step, context())
    assert outcome.detail == "1 features, 6 of 6 checks passed, 2 not run"
    checks = {c.name: c for c in msgspec.convert(outcome.evidence["checks"], list[CheckResult])}
    assert [(c.name, c.status) for c in checks.values()] == [
        ("linked", "passed"), ("architectures", "passed"), ("run_path", "passed"),
        ("import", "passed"), ("good", "passed"), ("gpu_sum", "not run"),
    ]  # fmt: skip
    assert checks["import"].detail == "imported, with a stub in place of the driver"
    assert checks["gpu_sum"].detail == "no GPU on this machine"
    (result,) = msgspec.convert(outcome.evidence["features"], list[FeatureResult])
    assert result.ok
    assert [(r.name, r.status, r.ok) for r in result.evidence] == [
        ("cuInit", "passed", True), ("gpu_cudnn", "not run", True),
    ]  # fmt: skip


@pytest.mark.skipif(has_driver(), reason="this machine has NVIDIA's driver")
def test_where_the_import_fails_what_could_have_run_is_a_failure(step: Verify) -> None:
    (inside(step.environment).parent / "__init__.py").write_text("raise OSError('broken')\n")
    error = failure(step)
    assert error.message == "1 of 8 checks failed, 1 could not be run"
    rows = msgspec.convert(error.evidence["checks"], list[CheckResult])
    assert {r.name: r.ok for r in rows if r.status == "not run"} == {"good": False, "gpu_sum": True}


def test_on_a_gpu_everything_is_run(step: Verify, tmp_path: Path) -> None:
    # As good as a driver: the loader finds it by the run path.
    place = inside(step.environment)
    driver = library(tmp_path / "driver/libcuda.so.1", "int cuInit(unsigned f) { return 100; }",
                     "-Wl,-soname,libcuda.so.1")  # fmt: skip
    library(place, "int cuInit(unsigned); int run(void) { return cuInit(0); }", str(driver),
            f"-Wl,-rpath,{driver.parent}")  # fmt: skip
    with_code(place, REAL)
    on_gpu = msgspec.structs.replace(step, device=changed(gpu=True, cudnn="8.9.2"))
    outcome = verify.run(on_gpu, context())
    assert outcome.detail == "1 features, 8 of 8 checks passed"
    rows = {r.name: r.detail for r in verify.examine(on_gpu, os.environ, lambda event: None, "").all}
    assert (rows["import"], rows["gpu_sum"], rows["gpu_cudnn"]) == ("imported", "on the GPU", "cuDNN 8.9.2")


def test_where_no_compiler_makes_the_stub_it_says_so(step: Verify, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(VerificationError, match="no C compiler makes a stub"):
        verify.examine(step, {"PATH": f"{tmp_path}/empty"}, lambda event: None, "")


def test_what_was_not_run_is_counted_apart() -> None:
    rows = [CheckResult(name=str(n), status="passed", detail="") for n in range(19)]
    assert counted(rows) == "19 of 19 checks passed"
    rows += [device.not_run(f"gpu_{n}") for n in range(3)]
    assert counted(rows) == "19 of 19 checks passed, 3 not run"
    rows.append(CheckResult(name="x", status="not run", detail="the import failed"))
    assert counted(rows) == "19 of 20 checks passed, 3 not run"
