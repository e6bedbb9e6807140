"""Applications that do not end as they should, under load: what a swap costs with them.

What stands in docs/hosts.md about them is what these tests find.
"""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.long

IGNORES, CUTS = "APP_SIGTERM=ignore", "APP_SIGTERM=cut"
ALWAYS, ONE_SECOND = (), ("--keep-seconds", "1")
DRAIN = 5
SWAPS = 2
WORKERS = 16


@pytest.mark.parametrize("ending", [IGNORES, CUTS])
def test_connections_that_end_before_the_drain_time_is_over_lose_nothing(
    on_first: Any, ending: str, record_testsuite_property: Callable[[str, object], None]
) -> None:
    load, seconds = swapped(on_first, ending, drain=DRAIN, options=ONE_SECOND)
    name = f"{ending}, drain {DRAIN}, kept for 1 s, {seconds} s a swap"
    record_testsuite_property(name, load.report)
    load.lost_nothing("first", "second")


@pytest.mark.parametrize("drain", [0, DRAIN])
@pytest.mark.parametrize("ending", [IGNORES, CUTS])
def test_connections_that_never_end_lose_a_request_each_at_the_most_and_new_ones_none(
    on_first: Any,
    ending: str,
    drain: int,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    load, seconds = swapped(on_first, ending, drain=drain, options=ALWAYS)
    record_testsuite_property(f"{ending}, drain {drain}, kept, {seconds} s a swap", load.report)
    lost = sum(load.failures.values())
    if drain:
        assert set(load.failures) <= {"closed"}, load.report
        assert lost <= SWAPS * WORKERS / 2, load.report
    assert lost <= SWAPS * WORKERS, load.report


def swapped(host: Any, ending: str, *, drain: int, options: tuple[str, ...]) -> tuple[Any, float]:
    """Swap a few times under load; return the load, and how long the longest swap took."""
    longest = 0.0
    with host.settings(ending, drain=drain, stop_grace=3):
        host.must_deploy("first")
        with host.load(*options) as load:
            for swap in range(SWAPS):
                done = host.must_deploy("first" if swap % 2 else "second")
                longest = max(longest, done["seconds"])
    with host.settings(stop_grace=3):
        host.must_deploy("first")
    return load, longest
