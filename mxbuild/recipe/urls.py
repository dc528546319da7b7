"""Why an address is not one that git may be given.

git runs programs for some addresses (ext::, --upload-pack), so a recipe's are plain https or none at all.
"""

from urllib.parse import urlsplit

EMBEDDED = "embedded:"


def explain(value: object) -> str:
    """What is wrong with an address that does not fit the pattern of `Url`; "" where nothing can be said."""
    if not isinstance(value, str):
        return ""
    if not value.isprintable() or " " in value:
        return "an address holds no blanks and no control characters"
    if value.startswith("-"):
        return "an address never begins with a dash: git would read it as an option"
    if "::" in value:
        return "an address never holds `::`: git would run a helper program"
    if value.startswith(EMBEDDED):
        return "an embedded source is embedded:OWNER/NAME"
    try:
        parts = urlsplit(value)
        name, host = parts.username, parts.hostname
    except ValueError:
        return "this is no URL"
    if parts.scheme != "https" or not value.startswith("https"):
        kind = f"not {parts.scheme}" if parts.scheme and parts.scheme != "https" else "in lower case"
        return f"an address is https, {kind}" if parts.scheme else "an address begins with https://"
    if name is not None:
        return "an address carries no user name and no password"
    if not host:
        return "an address names a host"
    if parts.netloc != parts.netloc.lower():
        return "a host is written in lower case"
    if ".." in value:
        return "an address holds no `..`"
    if any(mark in value for mark in "?#%"):
        return "an address holds no query, no fragment and no escape"
    if len([p for p in parts.path.split("/") if p]) < 2:
        return "an address is https://HOST/OWNER/NAME"
    return ""
