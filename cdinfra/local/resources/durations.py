"""Durations as CloudFormation writes them, for example ``PT15M``."""

import re

from cdinfra.local.resources.contract import ResourceError

DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def duration_seconds(text: str) -> int:
    """Return how many seconds an ISO 8601 duration is.

    >>> duration_seconds("PT1H30M")
    5400

    Raises:
        ResourceError: It is no duration.
    """
    found = DURATION.fullmatch(text)
    if found is None or text in {"P", "PT"} or text.endswith("T"):
        raise ResourceError(f"{text!r} is no ISO 8601 duration, for example PT15M")
    parts = found.groupdict(default="0")
    return sum(int(parts[unit]) * length for unit, length in SECONDS.items())
