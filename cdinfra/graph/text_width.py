"""How wide a text is drawn, roughly and rather too wide, without a font at hand."""

NARROW = frozenset("ijlft.,:;'|!()[]{}/ ")
WIDE = frozenset("mwMW@%–×—")  # noqa: RUF001 - characters as they are drawn

LONGEST = 36
"""Most characters of a text in a picture."""


def text_width(text: str, size: float) -> float:
    """Return the width of a text in pixels.

    Args:
        text: The text.
        size: Size of the font, in pixels.
    """
    return round(sum(map(_em, text)) * size, 1)


def _em(character: str) -> float:
    if not character.isascii() and character not in WIDE:
        return 1.05
    if character in NARROW:
        return 0.36
    if character in WIDE:
        return 0.95
    return 0.72 if character.isupper() else 0.6


def shortened(text: str) -> str:
    """Return a text that is not too long for a picture.

    >>> shortened("a" * 40)
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'
    """
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
