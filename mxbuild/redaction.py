"""What is taken out of a text before others see it: passwords, tokens, and who the user is."""

import re
from collections.abc import Iterable, Mapping
from typing import final
from urllib.parse import unquote, urlsplit

IN_URL = re.compile(r"://(?:[^/@\s:]*:[^/@\s]*|[^/@\s:]{16,})@")
"""`user:password@` and a lone token before a host in a URL."""
_PARAMETER = r"token|key|sig|signature|secret|passw(?:or)?d|auth|credential"
IN_QUERY = re.compile(rf"(?i)([?&](?:amp;)?[\w-]{{0,40}}(?:{_PARAMETER})[\w-]{{0,40}}=)[^&\s'\"<>]+")
"""A parameter of a URL that is one, as in an address that was signed for somebody."""
SECRETIVE = re.compile(
    r"PASS(?:W(?:OR)?D|PHRASE)?(?:_|$)|(?:^|_)PW(?:D)?$|SECRET|TOKEN|CREDENTIAL|COOKIE|SIGNATURE|(?:^|_)AUTH(?:$|_)"
    r"|(?:API|ACCESS|PRIVATE|ACCOUNT|SIGNING|ENCRYPTION|SSH|DEPLOY|SERVICE)_?KEY|(?:^|_)KEY$|(?:^|_)PAT$|(?:^|_)DSN$",
    re.IGNORECASE,
)
"""Names of variables whose values are nobody else's."""
NO_SECRET = re.compile(r"^(?:\d{1,6}|true|false|yes|no|on|off|none|null|/[\w./-]*)$", re.IGNORECASE)
"""Values of such variables that are none: switches, numbers, and paths like SSH_AUTH_SOCK's."""
SHORTEST = 4
"""Characters of a value that is looked for; shorter ones are in every text."""
HIDDEN = "***"
_QUOTE = r"(?:\\?[\"'])?"
_IS = rf"{_QUOTE}(?: ?= ?|: ?){_QUOTE}"
_HEADER = r"(?:proxy-)?authorization|x-api-key|private-token|(?:set-)?cookie"
_ASSIGNED = r"passw(?:or)?d|passphrase|secret|token|api_?key|access_?key|private_?key"
_LIKE = {
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)": HIDDEN,
    r"\b(?:gh[opsur]_|github_pat_|glpat-|pypi-AgEI|npm_|hf_|xox[abposr]-|sk-|dop_v1_)[\w-]{10,}": HIDDEN,
    r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}\b": HIDDEN,
    r"\beyJ(?:\w|-(?!eyJ)){8,}\.[\w-]{8,}\.[\w-]*": HIDDEN,
    rf"(?i)\b({_HEADER})([\"']{{0,2}} ?[:=] ?[\"']{{0,2}})[^\r\n\"']+": rf"\1\2{HIDDEN}",
    r"(?i)\b(bearer) +[\w.~+/=-]{8,}": rf"\1 {HIDDEN}",
    rf"(?i)(?<![\w-])(?=[\w-]*?(?:{_ASSIGNED}))([\w-]+{_IS})(?!\*\*\*)[^\s\"'\\,;&]+": rf"\1{HIDDEN}",
    r"\b(?!git@)[\w.+-]{1,256}@(?:[\w-]+\.)+[A-Za-z]{2,}\b": f"{HIDDEN}@{HIDDEN}",
}
FORMS = tuple((re.compile(pattern), replacement) for pattern, replacement in _LIKE.items())
"""What a secret looks like wherever it stands, and what is put there: keys, tokens of well-known services, headers,
assignments, addresses of mail (none is longer than 256 characters, RFC 5321 4.5.3.1.3). None looks at all of a
word again from each of its characters: logs have words of any length."""
COMMON = frozenset(
    {"root", "user", "build", "builder", "make", "admin", "test", "ubuntu", "debian", "runner", "jenkins", "mxnet",
     "mxbuild", "python", "cuda", "work", "home", "data", "docker", "nobody", "localhost", "host"}
)  # fmt: skip
"""Names of users and machines that tell nobody apart, and are words besides."""


def redacted(words: str) -> str:
    """`words` without passwords and tokens of URLs."""
    return IN_QUERY.sub(rf"\1{HIDDEN}", IN_URL.sub(f"://{HIDDEN}@", words))


@final
class Redactor:
    """Takes out what this user's surroundings say is secret, what looks like a secret, and names of user and machine.

    Args:
        environ: whose secretive variables, and passwords in URLs, are looked for everywhere.
        homes: the user's directories; each becomes one of the same place called `user`.
        user, host: names of the user and of the machine.
    """

    def __init__(
        self, environ: Mapping[str, str], *, homes: Iterable[str] = (), user: str = "", host: str = ""
    ) -> None:
        values = sorted(set(_secrets(environ)), key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, values))) if values else None
        places = sorted({h.rstrip("/") for h in homes if h.rstrip("/").count("/") > 1}, key=len, reverse=True)
        self._homes = tuple((p, f"{p.rpartition('/')[0]}/user") for p in places)
        self._names = tuple(
            (re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])"), stands)
            for name, stands in ((host, "host"), (host.partition(".")[0], "host"), (user, "user"))
            if len(name) > 2 and name.lower() not in COMMON
        )

    def __call__(self, text: str) -> str:
        """`text` as others may see it."""
        if self._values:
            text = self._values.sub(HIDDEN, text)
        text = redacted(text)
        for pattern, replacement in FORMS:
            text = pattern.sub(replacement, text)
        for home, neutral in self._homes:
            text = text.replace(home, neutral)
        for name, stands in self._names:
            text = name.sub(stands, text)
        return text


def _secrets(environ: Mapping[str, str]) -> Iterable[str]:
    for name, value in environ.items():
        if SECRETIVE.search(name) and len(value) >= SHORTEST and not NO_SECRET.match(value):
            yield value
        for address in re.findall(r"://[^\s'\"]+", value):
            try:
                password = urlsplit(f"https{address}").password
            except ValueError:
                continue
            if password and len(password) >= SHORTEST:
                yield password
                yield unquote(password)
