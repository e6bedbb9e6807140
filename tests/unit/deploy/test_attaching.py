from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.errors import BusyError, InvalidInputError
from cdinfra.events import Notice, ResourceChanged

if TYPE_CHECKING:
    from cdinfra.aws.fake_stack import FakeStack
    from cdinfra.deploy.result import Result
    from tests.unit.deploy.conftest import Make, Run


def cut_off(run: Run, make: Make) -> None:
    """Start to create two stacks, and lose the process once the first is under way."""
    run.aws.stacks.script("describe_events", None, None, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run.up(make.network(subnets=3), make.consumer("web"))
    run.events.clear()


def attach(run: Run, make: Make, *names: str) -> Result:
    with run.deployer(make.network(subnets=3), make.consumer("web")) as deployer:
        return deployer.execute(deployer.plan_attach(names))


def running(run: Run, make: Make, status: StackStatus, ends_as: StackStatus) -> FakeStack:
    template = make.network().build(make.shop().context)
    return run.aws.stacks.add(template, status=status, ends_as=ends_as)


def test_who_attaches_sees_the_earlier_events_of_the_operation_too(run: Run, make: Make) -> None:
    cut_off(run, make)
    (network,) = attach(run, make).stacks
    assert (network.outcome, network.status) == ("created", "CREATE_COMPLETE")
    assert network.outputs == {"VpcId": "shop-dev-network-vpc"}
    told = [(each.logical_id, each.status) for each in run.told(ResourceChanged)]
    assert told[0] == ("shop-dev-network", "CREATE_IN_PROGRESS")
    assert told[-1] == ("shop-dev-network", "CREATE_COMPLETE")
    assert len(told) == len(set(told)) == 2 + 2 * 4


def test_a_second_up_attaches_and_goes_on_with_the_stacks_that_remain(run: Run, make: Make) -> None:
    cut_off(run, make)
    assert run.up(make.network(subnets=3), make.consumer("web")) == {
        "network": "unchanged",
        "web": "created",
    }
    told = [(each.stack, each.status) for each in run.told(ResourceChanged)]
    assert told[0] == ("network", "CREATE_IN_PROGRESS")
    (notice,) = run.told(Notice)
    assert "by cdinfra): following it" in notice.message


def test_the_events_of_an_operation_before_are_not_told(run: Run, make: Make) -> None:
    run.up(make.network())
    run.aws.stacks.script("describe_events", None, None, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run.up(make.network(subnets=3))
    run.events.clear()
    assert attach(run, make).stacks[0].outcome == "updated"
    assert run.told(ResourceChanged)[0].status == "UPDATE_IN_PROGRESS"


@pytest.mark.parametrize(
    ("status", "ends_as", "outcome"),
    [
        ("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "created"),
        ("CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "failed"),
        ("ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE", "failed"),
        ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "updated"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "failed"),
        ("IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "imported"),
        ("DELETE_IN_PROGRESS", "DELETE_COMPLETE", "deleted"),
        ("DELETE_IN_PROGRESS", "DELETE_FAILED", "failed"),
        ("UPDATE_IN_PROGRESS", "DELETE_COMPLETE", "failed"),
    ],
)
def test_an_operation_of_somebody_else_is_told_as_it_ended(
    run: Run, make: Make, status: str, ends_as: str, outcome: str
) -> None:
    stack = running(run, make, StackStatus(status), StackStatus(ends_as))
    stack.token = "Console-UpdateStack-1"
    stack.transition(StackStatus(status))
    (network,) = attach(run, make).stacks
    assert (network.outcome, network.status) == (outcome, ends_as)
    assert "by somebody else (Console-UpdateStack-1)" in run.told(Notice)[0].message


def test_what_ended_between_two_looks_is_told_too(run: Run, make: Make) -> None:
    stack = running(run, make, StackStatus.UPDATE_IN_PROGRESS, StackStatus.UPDATE_COMPLETE)
    with run.deployer(make.network()) as deployer:
        planned = deployer.plan_attach()
        while stack.operation:
            stack.step()
        (network,) = deployer.execute(planned).stacks
    assert network.outcome == "updated"


def test_where_nothing_is_under_way_there_is_nothing_to_follow(run: Run, make: Make) -> None:
    run.up(make.network())
    with run.deployer(make.network()) as deployer:
        assert deployer.plan_attach().actions == ()


def test_only_stacks_of_the_app_can_be_followed(run: Run, make: Make) -> None:
    with (
        run.deployer(make.network()) as deployer,
        pytest.raises(InvalidInputError, match="did you mean 'network'"),
    ):
        deployer.plan_attach(["netwrok"])


def test_who_does_not_want_to_wait_is_told_whose_operation_it_is(run: Run, make: Make) -> None:
    cut_off(run, make)
    with run.deployer(make.network()) as deployer:
        with pytest.raises(BusyError) as caught:
            deployer.plan_up(refuses_busy=True)
        assert caught.value.message == (
            "shop-dev-network is CREATE_IN_PROGRESS (since 2026-01-31 09:00:00Z, by cdinfra)"
        )
        assert "cdinfra attach" in caught.value.hint
    assert run.told(ResourceChanged) == []


def test_down_does_not_wait_for_a_creation_even_where_it_refuses_to_wait(
    run: Run, make: Make
) -> None:
    cut_off(run, make)
    with run.deployer(make.network()) as deployer:
        result = deployer.execute(deployer.plan_down(refuses_busy=True))
    assert result.stacks[0].outcome == "deleted"
