"""Rollouts over HTTP: bucket, stack and tags are the local cloud's; no host runs there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.errors import InvalidInputError
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.opening import open_rollouts
from cdinfra.rollout.record import Author
from cdinfra.rollout.run import Run
from cdinfra.rollout.state.history import History
from cdinfra.rollout.state.lock import DeployLock
from cdinfra.rollout.state.lock_record import Holder
from cdinfra.rollout.strategy import Strategy
from cdinfra.rollout.transports.ssm import SsmTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.rollout.rollouts import Rollouts


def release(number: int) -> str:
    """Return a release in a registry that nobody looks into."""
    return f"registry.example/web@sha256:{number:064x}"


@pytest.fixture
def opened(state: Any) -> Callable[..., Rollouts]:
    def make(**changes: Any) -> Rollouts:
        run = Run(author=Author(who="me@laptop", run_url="https://ci/7"), **changes)
        return open_rollouts(state.aws, state.group, SsmTransport(state.aws), run)

    return make


def test_a_group_without_hosts_gets_releases_and_goes_back_over_http(
    state: Any, opened: Callable[..., Rollouts]
) -> None:
    rollouts = opened()
    for number in (1, 2):
        plan = rollouts.plan_deploy(release(number), Strategy())
        assert any("no host runs" in each for each in plan.notes)
        assert rollouts.carry_out(plan).outcome is RolloutOutcome.DEPLOYED
    stack = state.aws.stacks.describe_stack(state.group.stack_name)
    assert stack.parameters["Release"] == release(2)
    again = opened().carry_out(opened().plan_deploy(release(2), Strategy()))
    assert again.outcome is RolloutOutcome.UNCHANGED
    back = rollouts.plan_rollback(None, Strategy())
    assert back.image.release == release(1)
    assert rollouts.carry_out(back).outcome is RolloutOutcome.DEPLOYED
    stack = state.aws.stacks.describe_stack(state.group.stack_name)
    assert stack.parameters["Release"] == release(1)
    history = History(state.aws.storage, state.group)
    told = [(each.account.image, each.account.from_release) for each in history.entries()]
    assert told[:2] == [(release(1), release(2)), (release(2), release(1))]
    assert history.verify() is None
    with pytest.raises(InvalidInputError, match="no unfinished rollout"):
        opened().resume()
    lock = DeployLock(state.aws.storage, state.group, Holder(owner="me"))
    assert not lock.read().is_held


def test_a_deployer_that_is_stopped_in_the_middle_is_resumed_by_another(
    state: Any, opened: Callable[..., Rollouts]
) -> None:
    def stop(event: object) -> None:
        if "TAGS" in repr(event):
            raise KeyboardInterrupt

    rollouts = opened(on_event=stop)
    plan = rollouts.plan_deploy(release(7), Strategy())
    with pytest.raises(KeyboardInterrupt):
        rollouts.carry_out(plan)
    # The lock was given back, so nobody has to wait for a lease.
    result = opened().resume()
    assert (result.outcome, result.image) == (RolloutOutcome.DEPLOYED, release(7))
    stack = state.aws.stacks.describe_stack(state.group.stack_name)
    assert stack.parameters["Release"] == release(7)
    newest, before = list(History(state.aws.storage, state.group).entries())[:2]
    assert newest.account.outcome is RolloutOutcome.DEPLOYED
    assert before.account.outcome is RolloutOutcome.INTERRUPTED
