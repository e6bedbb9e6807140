from __future__ import annotations

from typing import TYPE_CHECKING

from cdinfra.events import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.connection import Clients
    from tests.functional.deploy.conftest import Make, Shop


def test_two_runs_at_once_end_with_one_stack_and_no_change_set(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    shop.up(make.network())
    edits = (make.network(dns=True), make.network(subnets=1))
    with shop.deployer(edits[0]) as first, shop.deployer(edits[1]) as second:
        plans = first.preview(first.plan_up()), second.preview(second.plan_up())
        assert first.execute(plans[0]).stacks[0].outcome is Outcome.UPDATED
        (late,) = second.execute(plans[1]).stacks
    assert late.outcome is Outcome.FAILED
    assert late.hint.startswith("somebody else is changing this app too")
    client = clients().client("cloudformation")
    left = client.list_change_sets(StackName=f"{shop.name}-dev-network")["Summaries"]
    assert not [each for each in left if each["ExecutionStatus"] == "AVAILABLE"]
    assert shop.up(edits[1]).stacks[0].outcome is Outcome.UPDATED
