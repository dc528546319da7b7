"""No network while make runs: what stands first on make's PATH, and what keeps other programs from the network. Pure.

Upstream's Makefiles clone (intgemm) and download (ps-lite's Protocol Buffers and ZeroMQ, MKL-DNN's MKL), none with a
checksum. They ask git about what is here, too, which goes on working.
"""

REFUSED = "mxbuild: no network while make runs"
"""Begins the line that a refusal writes."""
DOWNLOADERS = ("curl", "wget")
"""Programs in whose place REFUSAL stands."""
REFUSAL = ("#!/bin/sh", f'echo "{REFUSED}: ${{0##*/}} $*" >&2', "exit 1")
"""Lines of the script."""
ENVIRONMENT = {
    # git: no transport at all, not even from another directory of this machine.
    "GIT_ALLOW_PROTOCOL": "none",
    # What honours a proxy (libcurl and with it CMake's file(DOWNLOAD), Python, pip), or is called by its path: there
    # is none on the port that TCP knows as `discard`.
    **dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy", "all_proxy"), "http://127.0.0.1:9"),
}
"""Of make, besides the plan's."""
