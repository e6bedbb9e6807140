"""Texts of others inside of HAProxy's configuration: quoted so that they stay texts.

Nothing but single quotes is used: in them HAProxy takes every character as it is, and expands
no variable.
Source: HAProxy 2.6 configuration manual, 2.2 "Quoting and escaping", 8.2.6 "Custom log format".
"""

import re

PRINTABLE = re.compile(r"[ -~]*")
"""What may stand in a line: printable ASCII. A line break would end the line, quoted or not."""


class UnsafeTextError(ValueError):
    """A text that HAProxy cannot be given."""


def quoted(text: str) -> str:
    r"""Return a text as one word of HAProxy's configuration.

    Raises:
        UnsafeTextError: It holds characters other than printable ASCII.

    >>> print(quoted("it's $HOME"))
    'it'\''s $HOME'
    """
    if PRINTABLE.fullmatch(text) is None:
        raise UnsafeTextError(f"{text!r} holds a character that is not printable ASCII")
    return "'" + text.replace("'", "'\\''") + "'"


def literal_format(text: str) -> str:
    """Return a text as it stands in a format string, where a percent sign begins a variable.

    >>> literal_format("100%[src]")
    '100%%[src]'
    """
    return text.replace("%", "%%")


def wildcard_regex(pattern: str) -> str:
    r"""Return the regular expression of a pattern in which ``*`` and ``?`` are wild.

    Source: Application Load Balancers user guide, "Condition types for listener rules".

    >>> wildcard_regex("/img/*.?")
    '^/img/.*\\..$'
    """
    wild = {"*": ".*", "?": "."}
    return "^" + "".join(wild.get(each) or re.escape(each) for each in pattern) + "$"
