"""Tells what looks like a secret, by its form or by the name it is given, and never shows it."""

import re
from collections.abc import Iterator
from math import log2
from typing import Final

FORMS: Final = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{20}"),
    "a Slack token": re.compile(r"\bxox[abposr]-[A-Za-z0-9-]{10}"),
    "a Stripe key": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16}"),
    "an npm token": re.compile(r"\bnpm_[A-Za-z0-9]{36}\b"),
    "a PyPI token": re.compile(r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20}"),
    "a Docker Hub token": re.compile(r"\bdckr_pat_[A-Za-z0-9_-]{20}"),
    "a Google key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "a password in an address": re.compile(r"://[^\s:/@$]+:(?![$*{<])[^\s:/@$]{3,}@[\w.-]"),
}
"""Secrets that can be told by their form, whoever made them.

Source: GitHub documentation, "Supported secret scanning patterns".
"""

_NAME = re.compile(
    r"(?:^|[^a-z])(?:[a-z0-9]+[_-])*(?P<word>password|passwd|passphrase|secret|secret[_-]?string|token|"
    r"apikey|api[_-]?key|accesskey|access[_-]?key|secretkey|secret[_-]?key|privatekey|"
    r"private[_-]?key|credential)s?$"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ABOUT_REQUESTS = ("client", "creation", "next", "caller", "request", "http")
_PASSWORDS = ("password", "passwd", "passphrase", "secretstring", "secret_string")
_REFERENCE = re.compile(r"\{\{resolve:|\$\{|^\$|^/|^arn:|^[<*x.]+$|^https?://|^ssm:|^file:")
_PLAIN = re.compile(r"[^\s'\"()\[\]{},;`\\]+")
_IN_TEXT = (
    re.compile(
        r"""^[ \t]*(?:export[ \t]+|-[ \t]+|ENV[ \t]+|Environment=)?["']?"""
        r"""(?P<name>[A-Za-z][\w.-]*)["']?[ \t]*[:=][ \t]*["']?(?P<value>[^\s"']+)["']?[ \t]*$""",
        re.MULTILINE,
    ),
    re.compile(r"""(?<![\w$-])(?P<name>[A-Za-z_]\w*)=["']?(?P<value>[^\s"';|&>]+)"""),
    re.compile(r'"(?P<name>[A-Za-z][\w.-]*)"\s*:\s*"(?P<value>[^"\s]+)"'),
    re.compile(r"""(?<![\w-])--?(?P<name>[a-z][\w-]*)[= ]["']?(?P<value>[^\s"']+)["']?"""),
)

SHORTEST: Final = 6
RANDOM_SHORTEST: Final = 12
RANDOM_BITS: Final = 3.2
"""Bits of entropy in a character from which a value looks random; English words have fewer
than three in so few characters."""


def secret_form(text: str) -> str:
    """Return what secret a text holds, by its form, for example ``a private key``; or nothing."""
    return next((what for what, form in FORMS.items() if form.search(text)), "")


def is_secret_value(name: str, value: str) -> bool:
    """Whether a value is a secret, by its name and its looks.

    A reference to a secret, a path or a placeholder is none.

    >>> is_secret_value("DbPassword", "correct-horse")
    True
    >>> is_secret_value("DbPassword", "{{resolve:ssm-secure:/shop/db}}")
    False
    """
    word = _secret_word(name)
    if not word or _REFERENCE.search(value) or not _PLAIN.fullmatch(value):
        return False
    if word in _PASSWORDS:
        return len(value) >= SHORTEST and value.lower() not in ("required", "optional", "disabled")
    return _looks_random(value)


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text that hold a secret, counted from 1, and what each is."""
    for number, line in enumerate(text.splitlines(), start=1):
        if what := secret_form(line):
            yield number, what
        elif name := _assigned(line):
            yield number, f"the value of {name}"


def _assigned(line: str) -> str:
    for form in _IN_TEXT:
        for found in form.finditer(line):
            if is_secret_value(found["name"], found["value"]):
                return found["name"]
    return ""


def _secret_word(name: str) -> str:
    spaced = _CAMEL.sub("_", name).lower()
    if spaced.startswith(_ABOUT_REQUESTS):
        return ""
    found = _NAME.search(spaced)
    return found["word"] if found else ""


def _looks_random(value: str) -> bool:
    kinds = (str.isdigit, str.isalpha)
    mixed = all(any(kind(character) for character in value) for kind in kinds)
    return len(value) >= RANDOM_SHORTEST and mixed and _entropy(value) >= RANDOM_BITS


def _entropy(value: str) -> float:
    shares = [value.count(character) / len(value) for character in set(value)]
    return -sum(share * log2(share) for share in shares)
