from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.poller import PATIENCE_SECONDS
from cdinfra.errors import NoCredentialsError
from cdinfra.events import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdinfra.aws.fake_stack import FakeStack
    from tests.unit.deploy.conftest import Make, Run

EXPIRED = NoCredentialsError("The security token included in the request is expired")


@pytest.mark.parametrize(
    "operation",
    ["create_change_set", "describe_change_set", "execute_change_set", "describe_events"],
)
def test_an_expired_session_is_renewed_and_the_work_goes_on(
    run: Run, make: Make, operation: str
) -> None:
    run.aws.stacks.script(operation, *[EXPIRED] * 3)
    assert run.up(make.network()) == {"network": "created"}
    assert run.aws.renewals == 3
    (notice,) = run.told(Notice)
    assert notice.message.startswith("the session has expired; what is under way goes on")


def test_a_session_that_nobody_renews_ends_the_run_and_says_what_goes_on(
    run: Run, make: Make
) -> None:
    run.aws.stacks.script("describe_events", None, *[EXPIRED] * 10_000)
    with pytest.raises(NoCredentialsError):
        run.up(make.network())
    assert PATIENCE_SECONDS < sum(run.aws.clock.slept) < PATIENCE_SECONDS + 60
    assert run.told(Notice)[-1].message == "shop-dev-network: the operation goes on in the cloud"


def test_a_session_that_expires_a_second_time_is_told_a_second_time(run: Run, make: Make) -> None:
    stack = under_way(run, make, timedelta(hours=2))
    run.aws.stacks.script("describe_events", EXPIRED, *[None] * 4000, EXPIRED)
    with run.deployer(make.network()) as deployer:
        deployer.execute(deployer.plan_attach())
    assert stack.status == "UPDATE_COMPLETE"
    assert [each.message[:19] for each in run.told(Notice)].count("the session has exp") == 2


def under_way(run: Run, make: Make, time: timedelta) -> FakeStack:
    """Let an update be under way that takes so long."""
    template = make.network().build(make.shop().context)
    stack = run.aws.stacks.add(template, status=StackStatus.UPDATE_IN_PROGRESS)
    ends_at = run.aws.clock.now() + time

    def update() -> Iterator[None]:
        while run.aws.clock.now() < ends_at:
            yield
        stack.transition(StackStatus.UPDATE_COMPLETE)

    stack.operation = update()
    return stack


def test_an_operation_of_ninety_minutes_is_followed_to_its_end_within_the_budget(
    run: Run, make: Make
) -> None:
    under_way(run, make, timedelta(minutes=90))
    with run.deployer(make.network()) as deployer:
        (network,) = deployer.execute(deployer.plan_attach()).stacks
    assert (network.outcome, network.status) == ("updated", "UPDATE_COMPLETE")
    assert network.seconds >= 90 * 60
    assert len(run.aws.stacks.calls) / sum(run.aws.clock.slept) < run.aws.calls_per_second
