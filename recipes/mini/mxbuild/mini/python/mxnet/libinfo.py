# SPDX-License-Identifier: Apache-2.0
"""Where the library is, and which release of mini this is."""
import os

__version__ = "0.1.0"


def find_lib_path():
    """Paths of libmxnet.so, best first: beside this file (installed), then in a source tree's lib/.

    Raises RuntimeError where there is none.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    places = [here, os.path.join(here, "..", "..", "lib")]
    places += [place for place in os.environ.get("LD_LIBRARY_PATH", "").split(":") if place]
    candidates = [os.path.join(place, "libmxnet.so") for place in places]
    found = [path for path in candidates if os.path.isfile(path)]
    if not found:
        raise RuntimeError("mini's library libmxnet.so is in none of: " + ", ".join(candidates))
    return found
