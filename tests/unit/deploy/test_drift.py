from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.drift import Drift, PropertyDrift, ResourceDrift, ResourceDriftStatus
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.drift import LONGEST_SECONDS
from cdinfra.deploy.poller import BURST_CALLS, PATIENCE_SECONDS
from cdinfra.errors import CloudError, InvalidInputError, ThrottledError
from cdinfra.events import Notice

if TYPE_CHECKING:
    from tests.unit.deploy.conftest import Make, Run

VPC = ResourceDrift(
    logical_id="Vpc",
    physical_id="vpc-1",
    resource_type="AWS::EC2::VPC",
    status=ResourceDriftStatus.MODIFIED,
    checked_at=datetime(2026, 1, 31, tzinfo=UTC),
    properties=(PropertyDrift(path="EnableDnsHostnames", expected="true", actual="false"),),
)


class RefusedError(Exception):
    """What botocore raises, as far as its code is read."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


def refused(code: str) -> CloudError:
    error = CloudError(f"cannot detect the drift ({code})")
    error.__cause__ = RefusedError(code)
    return error


def test_every_stack_is_told_drifted_or_in_sync_or_not_deployed(run: Run, make: Make) -> None:
    run.up(make.network(), make.single("news"))
    run.aws.stacks.drift("shop-dev-network", VPC)
    deployer = run.deployer(make.network(), make.single("news"), make.single("later"))
    found = {each.stack: each for each in deployer.drift()}
    assert {name: (each.drift, each.reason) for name, each in found.items()} == {
        "network": (Drift.DRIFTED, ""),
        "news": (Drift.IN_SYNC, ""),
        "later": (Drift.NOT_CHECKED, "is not deployed"),
    }
    assert found["network"].resources == (VPC,)
    assert [each.drift for each in deployer.status()] == ["DRIFTED", "IN_SYNC", ""]


def test_only_the_named_stacks_are_looked_at(run: Run, make: Make) -> None:
    run.up(make.network(), make.single("news"))
    deployer = run.deployer(make.network(), make.single("news"))
    assert [each.stack for each in deployer.drift(("news",))] == ["news"]
    assert run.calls("detect_drift") == ["detect_drift shop-dev-news"]
    assert Notice(message="detecting the drift of shop-dev-news") in run.events
    with pytest.raises(InvalidInputError, match="did you mean 'news'"):
        deployer.drift(("new",))


def test_a_stack_that_infra_py_has_dropped_is_looked_at_too(run: Run, make: Make) -> None:
    run.up(make.network(), make.single("old"))
    found = run.deployer(make.network()).drift()
    assert [(each.stack, each.drift) for each in found] == [
        ("network", Drift.IN_SYNC),
        ("old", Drift.IN_SYNC),
    ]


def test_where_no_stack_is_deployed_nothing_is_asked_or_told(run: Run, make: Make) -> None:
    assert [each.drift for each in run.deployer(make.network()).drift()] == [Drift.NOT_CHECKED]
    assert run.aws.stacks.calls == ["describe_stacks"]
    assert run.events == []


def test_a_stack_in_a_status_that_does_not_allow_it_is_not_asked(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.stack("shop-dev-network").status = StackStatus.UPDATE_IN_PROGRESS
    (found,) = run.deployer(make.network()).drift()
    assert (found.drift, found.reason) == (
        Drift.NOT_CHECKED,
        "UPDATE_IN_PROGRESS does not allow it",
    )
    assert run.calls("detect_drift") == []


def test_a_stack_that_is_refused_does_not_stop_the_others(run: Run, make: Make) -> None:
    run.up(make.network(), make.single("news"))
    run.aws.stacks.script("detect_drift", refused("ValidationError"))
    network, news = run.deployer(make.network(), make.single("news")).drift()
    assert (network.drift, network.reason) == (
        Drift.NOT_CHECKED,
        "cannot detect the drift (ValidationError)",
    )
    assert news.drift is Drift.IN_SYNC


def test_a_detection_that_failed_for_some_resources_tells_why_and_what_it_found(
    run: Run, make: Make
) -> None:
    run.up(make.network(), make.single("news"))
    run.aws.stacks.drift("shop-dev-network", VPC, undetectable="Subnet0: no permission")
    run.aws.stacks.drift("shop-dev-news", undetectable="Topic: no permission")
    network, news = run.deployer(make.network(), make.single("news")).drift()
    assert (network.drift, network.reason) == (Drift.DRIFTED, "Subnet0: no permission")
    assert (news.drift, news.reason) == (Drift.NOT_CHECKED, "Topic: no permission")


def test_a_detection_that_never_ends_is_given_up(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.detection_looks = 1_000_000
    begun = run.aws.clock.now()
    (found,) = run.deployer(make.network()).drift()
    assert (found.drift, found.reason) == (
        Drift.NOT_CHECKED,
        "the detection did not end within 30 min",
    )
    assert run.aws.clock.now() - begun < timedelta(seconds=LONGEST_SECONDS + 5)


def test_many_detections_share_one_budget_of_calls(run: Run, make: Make) -> None:
    stacks = [make.single(f"stack{number}") for number in range(40)]
    run.up(*stacks)
    run.aws.stacks.calls.clear()
    run.aws.stacks.detection_looks = 5
    begun = run.aws.clock.now()
    run.deployer(*stacks).drift()
    passed = (run.aws.clock.now() - begun).total_seconds()
    last_round = len(stacks)
    assert len(run.aws.stacks.calls) - last_round - 1 <= BURST_CALLS + (
        passed * run.aws.calls_per_second
    )


def test_a_call_that_may_not_be_made_is_an_error(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.script("detect_drift", refused("AccessDenied"))
    with pytest.raises(CloudError, match="AccessDenied"):
        run.deployer(make.network()).drift()


@pytest.mark.parametrize(
    "operation", ["detect_drift", "describe_drift_detection", "describe_resource_drifts"]
)
def test_throttling_is_borne_for_a_while_and_then_an_error(
    run: Run, make: Make, operation: str
) -> None:
    run.up(make.network())
    run.aws.stacks.drift("shop-dev-network", VPC)
    run.aws.stacks.script(operation, *[ThrottledError("slow down")] * 3)
    (found,) = run.deployer(make.network()).drift()
    assert found.drift is Drift.DRIFTED
    run.aws.stacks.script(operation, *[ThrottledError("slow down")] * 100_000)
    begun = run.aws.clock.now()
    with pytest.raises(ThrottledError):
        run.deployer(make.network()).drift()
    assert run.aws.clock.now() - begun < timedelta(seconds=PATIENCE_SECONDS + 60)
