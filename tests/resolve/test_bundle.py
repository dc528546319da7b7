import re

import msgspec

from mxbuild.resolve.bundle import bundle, bundled_toolkit, packages


def test_every_pin_has_a_hash_of_its_own_and_counts() -> None:
    whole = bundle()
    assert all(re.fullmatch(r"nvidia-[a-z-]+==[\d.]+ --hash=sha256:[0-9a-f]{64}", pin) for pin in whole.packages)
    assert len({pin.rpartition(":")[2] for pin in whole.packages}) == len(whole.packages) == 12
    assert whole.size == sum(p.size for p in packages().package) > 1e9


def test_what_the_library_loads_is_part_of_the_whole() -> None:
    whole = bundle()
    names = {pin.partition("==")[0].removeprefix("nvidia-") for pin in whole.runtime}
    assert set(whole.runtime) < set(whole.packages)
    assert names == {
        "cuda-runtime", "cuda-nvrtc", "cublas", "cufft", "curand", "cusolver", "cusparse", "nvjitlink"
    }  # fmt: skip


def test_one_release_s_set() -> None:
    """The compiler, its headers and its back end are one version; all of CUDA's own begin with the release's."""
    versions = {p.name: p.version for p in packages().package}
    assert versions["nvidia-cuda-nvcc"] == versions["nvidia-cuda-crt"] == versions["nvidia-nvvm"]
    release = packages().version.rpartition(".")[0] + "."
    own = [v for name, v in versions.items() if name.startswith("nvidia-cuda-") or name == "nvidia-nvjitlink"]
    assert all(v.startswith(release) for v in own)


def test_the_root_s_name_is_its_contents() -> None:
    whole = bundle()
    toolkit = bundled_toolkit(whole, "/cache/cuda")
    assert re.fullmatch(rf"/cache/cuda/{whole.version}-[0-9a-f]{{8}}", toolkit.root)
    assert toolkit.nvcc == f"{toolkit.root}/bin/nvcc"
    assert (toolkit.version, toolkit.layout, toolkit.gcc) == ("13.0.88", "wheels", "15")
    assert {"cudart", "cublas", "cufft", "curand", "cusolver", "nvrtc"} <= set(toolkit.parts)
    other = msgspec.structs.replace(whole, packages=whole.packages[1:])
    assert bundled_toolkit(other, "/cache/cuda").root != toolkit.root
