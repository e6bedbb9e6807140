"""Text as XML can hold it: for reports and pictures, whatever a template has in it."""

import re

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold. Source: W3C, "XML 1.0", section 2.2, Characters."""


def xml_text(text: str) -> str:
    """Return a text with what XML cannot hold replaced by the replacement character."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
