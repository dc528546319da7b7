"""Addresses outside that the pages name: `python -m tests.docs.external` asks each of them whether it is there.

Only on demand: no test uses the network. Those of examples are left out.
"""

import concurrent.futures
import re
import sys
import urllib.error
import urllib.request

from tests.docs.pages import links, pages

EXAMPLE = re.compile(r"https?://(?:[\w.-]+\.)?example\.(?:org|com)\b|https?://(?:127\.0\.0\.1|localhost|HOST)\b")
PATIENCE = 20.0
"""Seconds."""


def outside() -> dict[str, list[str]]:
    """Address -> pages that link to it."""
    found: dict[str, list[str]] = {}
    for page in pages():
        for link in links(page):
            if link.target.startswith("http") and not EXAMPLE.match(link.target):
                found.setdefault(link.target.partition("#")[0], []).append(page)
    return found


def asked(address: str) -> str:
    """What is wrong with an address; "" for nothing."""
    request = urllib.request.Request(address, headers={"User-Agent": "mxbuild-docs"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):
            return ""
    except (OSError, ValueError) as error:
        return str(error)


def main() -> int:
    """Exit code 1 where one is not there."""
    known = outside()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(asked, known))
    for (address, where), why in zip(known.items(), answers, strict=True):
        print(f"{why or 'there'}: {address} ({', '.join(sorted(set(where)))})")
    return int(any(answers))


if __name__ == "__main__":
    sys.exit(main())
