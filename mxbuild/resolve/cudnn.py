"""Which cuDNN, if any: header, library, release and toolkit have to agree."""

from mxbuild.model import CudaLibrary, Host, Request, Toolkit
from mxbuild.recipe.match import Matched, version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.cuda_releases import number, table
from mxbuild.resolve.places import plain


def choose(recipe: Recipe, host: Host, request: Request, toolkit: Toolkit) -> tuple[CudaLibrary | None, Matched, str]:
    """The first that fits, or why none does, and where that is known from.

    Args:
        request: its `cudnn`, a prefix, leaves only what lies below it.
    """
    wanted = next((f.needs["cudnn"] for f in recipe.features.values() if "cudnn" in f.needs), "")
    known = [lib for lib in host.cuda_libraries if lib.name == "cudnn"]
    if request.cudnn is not None:
        known = [lib for lib in known if lib.header.startswith(request.cudnn.rstrip("/") + "/")]
        if not known:
            return None, Matched(False, f"there is no cuDNN in {request.cudnn} (include/cudnn.h)"), ""
    if not known:
        return None, Matched(False, "no cuDNN to compile against"), ""
    reasons = []
    for library in known:
        matched = _fits(library, wanted, toolkit)
        if matched.ok:
            return library, matched, library.source
        reasons.append(matched.why)
    return None, Matched(False, "; ".join(dict.fromkeys(reasons))), known[0].source


def _fits(library: CudaLibrary, wanted: str, toolkit: Toolkit) -> Matched:
    if not library.header.endswith("/cudnn.h"):
        return Matched(False, f"{library.header} is not what #include <cudnn.h> takes")
    if not (plain(library.header) and plain(library.library)):
        return Matched(False, f"{library.header}: a path with characters that make does not stand")
    matched = version_matches("cuDNN", library.version, wanted)
    if not matched.ok:
        return matched
    if not library.library:
        return Matched(False, f"{library.header} is there, but no libcudnn.so beside it")
    if library.library_version and number(library.library_version)[:1] != number(library.version)[:1]:
        return Matched(
            False, f"{library.header} is of cuDNN {library.version}, {library.library} of {library.library_version}"
        )
    for pair in table().cudnn:
        if version_matches("cuDNN", library.version, pair.versions).ok:
            fits = version_matches("CUDA", toolkit.version, pair.toolkits)
            if not fits.ok:
                return Matched(
                    False, f"cuDNN {library.version} is made for CUDA {pair.toolkits}, not {toolkit.version}"
                )
    return matched
