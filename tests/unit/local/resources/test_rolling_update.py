from typing import Any

import pytest

from cdinfra.local.resources.contract import ResourceError
from cdinfra.local.resources.rolling_update import RollingPolicy, rolling_policy


def test_without_a_rolling_part_nothing_rolls() -> None:
    assert rolling_policy({}) is None
    assert rolling_policy({"AutoScalingScheduledAction": {}}) is None
    assert rolling_policy({"AutoScalingReplacingUpdate": {"WillReplace": "false"}}) is None


def test_defaults_are_those_of_cloudformation() -> None:
    assert rolling_policy({"AutoScalingRollingUpdate": {}}) == RollingPolicy(
        batch=1, minimum=0, percent=100, pause="PT0S", signals=False, suspended=()
    )
    waiting: dict[str, Any] = {"AutoScalingRollingUpdate": {"WaitOnResourceSignals": "true"}}
    found = rolling_policy(waiting)
    assert found is not None
    assert (found.signals, found.pause) == (True, "PT5M")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"AutoScalingReplacingUpdate": {"WillReplace": True}}, "AutoScalingReplacingUpdate"),
        ({"AutoScalingRollingUpdate": {"MaxBatch": 1}}, "AutoScalingRollingUpdate/MaxBatch"),
    ],
)
def test_what_is_not_carried_is_refused(policy: dict[str, Any], message: str) -> None:
    with pytest.raises(ResourceError, match=message):
        rolling_policy(policy)
