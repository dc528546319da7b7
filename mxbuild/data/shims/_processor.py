"""mxbuild put this in front of MXNet's own modules: the library beside them was compiled for some processors only.

Any other would stop the process at the first instruction that it does not know, without a word. Runs on Python 3.6 and
later.
"""

INFO = "/proc/cpuinfo"


def lacking(lines, needed):
    """Those of the needed features that the first processor does not have; none where the lines do not say."""
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            have = set(value.split())
            return [feature for feature in needed if feature not in have]
    return []


def check(target, needed):
    """Refuse the import where the library cannot run."""
    try:
        with open(INFO) as file:
            missing = lacking(file, needed)
    except OSError:
        return
    if missing:
        raise ImportError(
            "this library was compiled for {}, and the processor here lacks {} ({}); install one that was made with "
            "`mxbuild install --target generic`, or make one here with --target native".format(
                target, ", ".join(missing), INFO
            )
        )
