from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.errors import InvalidInputError
from cdinfra.local.fault_types import (
    CallFault,
    CallFaultKind,
    ResourceAction,
    ResourceFault,
    ResourceFaultKind,
)
from cdinfra.local.faults import Faults, HostSignal
from cdinfra.local.resources.contract import ResourceError

GROUP = ("shop-dev-web", "Group", "AWS::AutoScaling::AutoScalingGroup")


def never(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} s")


def throttle(**settings: object) -> CallFault:
    return CallFault(kind=CallFaultKind.THROTTLED, **settings)  # type: ignore[arg-type]


def struck(faults: Faults, calls: int) -> str:
    """Return ``x`` for each call that is struck, ``.`` for each that passes."""
    return "".join("x" if faults.before_call("ec2", "DescribeVpcs") else "." for _ in range(calls))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (throttle(), "xxxxxxxx"),
        (throttle(times=2), "xx......"),
        (throttle(every=3), "x..x..x."),
        (throttle(every=3, times=2), "x..x...."),
        (throttle(after=2, times=3), "..xxx..."),
        (throttle(service="s3"), "........"),
        (throttle(service="e*", operation="Describe*", times=1), "x......."),
        (throttle(operation="describe*"), "........"),
    ],
)
def test_the_count_decides_which_calls_are_struck(fault: CallFault, expected: str) -> None:
    faults = Faults(wait=never)
    faults.add(fault)
    assert struck(faults, 8) == expected


@given(
    st.integers(min_value=0, max_value=20),
    st.integers(min_value=1, max_value=9),
    st.integers(min_value=1, max_value=9),
)
def test_a_fault_strikes_as_often_as_asked_and_no_more(after: int, every: int, times: int) -> None:
    faults = Faults(wait=never)
    faults.add(throttle(after=after, every=every, times=times))
    assert struck(faults, after + every * times + 5).count("x") == times
    assert faults.active()[0].struck == times


def test_calls_at_once_are_counted_one_by_one() -> None:
    faults = Faults(wait=never)
    faults.add(throttle(times=50))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: faults.before_call("s3", "GetObject"), range(200)))
    assert sum(answer is not None for answer in answers) == 50


def test_a_slow_call_waits_and_then_passes() -> None:
    waited: list[float] = []
    faults = Faults(wait=waited.append)
    faults.add(CallFault(kind=CallFaultKind.SLOW_CALL, seconds=2.5, times=1))
    assert faults.before_call("ec2", "RunInstances") is None
    assert faults.before_call("ec2", "RunInstances") is None
    assert waited == [2.5]


def test_the_first_fault_asked_for_gives_the_answer() -> None:
    faults = Faults(wait=never)
    faults.add(CallFault(kind=CallFaultKind.EXPIRED_TOKEN, times=1))
    faults.add(throttle())
    assert faults.before_call("ec2", "X") is CallFaultKind.EXPIRED_TOKEN
    assert faults.before_call("ec2", "X") is CallFaultKind.THROTTLED


def test_a_resource_fails_with_the_reason_asked_for() -> None:
    faults = Faults(wait=never)
    faults.add(
        ResourceFault(
            kind=ResourceFaultKind.RESOURCE_FAILS,
            resource_type="AWS::AutoScaling::*",
            action=ResourceAction.CREATE,
            reason="no capacity",
            times=1,
        )
    )
    faults.before_resource("shop-dev-web", "Vpc", "AWS::EC2::VPC", "create")
    faults.before_resource(*GROUP, "delete")
    with pytest.raises(ResourceError, match="no capacity"):
        faults.before_resource(*GROUP, "create")
    faults.before_resource(*GROUP, "create")
    assert faults.before_call("autoscaling", "CreateAutoScalingGroup") is None


def test_a_slow_resource_waits() -> None:
    waited: list[float] = []
    faults = Faults(wait=waited.append)
    faults.add(
        ResourceFault(kind=ResourceFaultKind.RESOURCE_SLOW, logical_id="Gro?p", seconds=30.0)
    )
    faults.before_resource(*GROUP, "update")
    faults.before_resource("shop-dev-web", "Other", "AWS::EC2::VPC", "update")
    assert waited == [30.0]


def test_hosts_fail_or_keep_silent_one_by_one() -> None:
    faults = Faults(wait=never)
    for kind in (ResourceFaultKind.HOST_FAILS, ResourceFaultKind.HOST_SILENT):
        faults.add(ResourceFault(kind=kind, stack="*-web", reason="broken", times=1))
    faults.before_resource(*GROUP, "create")
    assert faults.host_signal(*GROUP) == HostSignal(silent=False, reason="broken")
    assert faults.host_signal(*GROUP) == HostSignal(silent=True, reason="broken")
    assert faults.host_signal(*GROUP) is None


def test_faults_are_taken_back_one_by_one_or_all() -> None:
    faults = Faults(wait=never)
    first, second = faults.add(throttle()), faults.add(throttle())
    faults.clear(first.fault_id)
    assert faults.active() == (second,)
    with pytest.raises(InvalidInputError, match=first.fault_id):
        faults.clear(first.fault_id)
    faults.clear()
    assert faults.active() == ()
    assert faults.add(throttle()).fault_id not in {first.fault_id, second.fault_id}
