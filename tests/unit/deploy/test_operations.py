from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.operations import Ended, Operations, Target
from cdinfra.deploy.poller import Poller
from cdinfra.errors import CloudError
from cdinfra.events import ExpectedTime, ExpectedTimes, ResourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.fake_stack import FakeStack
    from cdinfra.aws.stacks import StackDescription
    from tests.unit.deploy.conftest import Make, Run


@pytest.fixture
def network(run: Run, make: Make) -> FakeStack:
    run.up(make.network())
    return run.aws.stacks.stack("shop-dev-network")


def ended(run: Run, stack: FakeStack, start: Callable[[str], None]) -> Ended:
    clock = Clock(now=run.aws.clock.now, sleep=run.aws.clock.sleep)
    poller = Poller(clock, calls_per_second=5)
    operations = Operations(run.aws.stacks, poller=poller, on_event=run.events.append)
    target = Target(stack="network", stack_name=stack.name, stack_id=stack.stack_id)
    return poller.run({"network": operations.start(target, start)})["network"]


def test_the_end_of_an_operation_before_is_not_taken_for_ours(run: Run, network: FakeStack) -> None:
    def start(token: str) -> None:
        network.token = "somebody else's"
        network.transition(StackStatus.UPDATE_COMPLETE)
        run.aws.stacks.delete_stack(network.stack_id, token)

    assert ended(run, network, start).status is StackStatus.DELETE_COMPLETE


def test_an_operation_that_somebody_else_took_over_ends_too(run: Run, network: FakeStack) -> None:
    def start(token: str) -> None:
        network.token = token
        network.transition(StackStatus.UPDATE_IN_PROGRESS)
        network.token = "somebody else's"
        network.transition(StackStatus.DELETE_FAILED)

    assert ended(run, network, start).status is StackStatus.DELETE_FAILED


def test_a_start_whose_answer_is_lost_is_repeated_with_the_same_token(
    run: Run, network: FakeStack
) -> None:
    tokens = []

    def start(token: str) -> None:
        tokens.append(token)
        if len(tokens) == 1:
            raise CloudError("no answer")
        run.aws.stacks.delete_stack(network.stack_id, token)

    assert ended(run, network, start).status is StackStatus.DELETE_COMPLETE
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


def test_what_the_history_says_of_time_is_told_before_the_start_and_costs_no_call(
    run: Run, network: FakeStack
) -> None:
    calls = len(run.calls("describe_events"))
    created = next(each for each in network.events if each.is_of_stack and "CREATE" in each.status)

    def start(token: str) -> None:
        (told,) = [each for each in run.told(ExpectedTimes) if isinstance(each, ExpectedTimes)]
        seconds = (network.events[-1].timestamp - created.timestamp).total_seconds()
        name = "shop-dev-network"
        own = ExpectedTime(logical_id=name, status="CREATE_IN_PROGRESS", seconds=seconds)
        assert own in told.times
        assert {each.logical_id for each in told.times} == {name, "Vpc", "Subnet0"}
        assert len(run.calls("describe_events")) == calls + 1
        run.aws.stacks.delete_stack(network.stack_id, token)

    run.events.clear()
    assert ended(run, network, start).status is StackStatus.DELETE_COMPLETE


def test_of_a_stack_without_a_history_nothing_is_told_of_time(run: Run, make: Make) -> None:
    run.up(make.network())
    assert not run.told(ExpectedTimes)


def test_events_that_come_with_the_end_are_told_though_the_status_tells_it_first(
    run: Run, network: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(token: str) -> None:
        network.token = token
        network.transition(StackStatus.UPDATE_IN_PROGRESS)

    describe = run.aws.stacks.describe_stack

    def ends_meanwhile(stack: str) -> StackDescription | None:
        if network.status is StackStatus.UPDATE_IN_PROGRESS:
            network.transition(StackStatus.UPDATE_COMPLETE)
        return describe(stack)

    monkeypatch.setattr(run.aws.stacks, "describe_stack", ends_meanwhile)
    found = ended(run, network, start)
    assert found.status is StackStatus.UPDATE_COMPLETE
    assert found.events[-1].status == "UPDATE_COMPLETE"
    assert run.told(ResourceChanged)[-1].status == "UPDATE_COMPLETE"
