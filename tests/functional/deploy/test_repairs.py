"""Ways out for stacks that are stuck, against CloudFormation as the local cloud has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.repairs import Repairs
from cdinfra.errors import StackFailedError
from cdinfra.local.fault_types import ResourceAction, ResourceFault, ResourceFaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.connection import Clients
    from cdinfra.deploy.result import StackResult
    from tests.functional.deploy.conftest import Make, Plain, Shop

IN_USE = "it is in use"


def pair(make: Make, days: int) -> Plain:
    def group(*needed: str) -> dict[str, object]:
        properties = {"RetentionInDays": days}
        return {"Type": "AWS::Logs::LogGroup", "Properties": properties, "DependsOn": list(needed)}

    return make.plain(name="pair", resources={"A": group(), "B": group("A")})


def fails(
    shop: Shop, logical_id: str, action: ResourceAction, *, after: int = 0, times: int = 1
) -> None:
    fault = ResourceFault(
        kind=ResourceFaultKind.RESOURCE_FAILS,
        stack=f"{shop.name}-dev-pair",
        logical_id=logical_id,
        action=action,
        after=after,
        times=times,
        reason=IN_USE,
    )
    shop.cloud.control.add_fault(fault)


def finish(shop: Shop, make: Make, repairs: Repairs) -> StackResult:
    with shop.deployer(pair(make, 14)) as deployer:
        planned = deployer.preview(deployer.plan_rollbacks(repairs=repairs))
        (result,) = deployer.execute(planned).stacks
    return result


def down(shop: Shop, make: Make, repairs: Repairs) -> StackResult:
    with shop.deployer(pair(make, 7)) as deployer:
        planned = deployer.preview(deployer.plan_down(repairs=repairs))
        (result,) = deployer.execute(planned).stacks
    return result


def groups(shop: Shop, clients: Callable[..., Clients]) -> dict[str, int]:
    """Return the retention of each log group, by its name."""
    found = clients().client("logs").describe_log_groups(logGroupNamePrefix=f"{shop.name}-dev-pair")
    return {each["logGroupName"]: each["retentionInDays"] for each in found["logGroups"]}


@pytest.fixture
def stuck(shop: Shop, make: Make) -> StackResult:
    """A stack whose update failed at B, and its rollback twice at A."""
    shop.up(pair(make, 7))
    fails(shop, "B", ResourceAction.UPDATE)
    fails(shop, "A", ResourceAction.UPDATE, after=1, times=2)
    (result,) = shop.up(pair(make, 14)).stacks
    return result


def test_a_rollback_that_fails_says_at_once_how_to_go_on(stuck: StackResult) -> None:
    assert (stuck.outcome, stuck.status) == ("failed", "UPDATE_ROLLBACK_FAILED")
    assert stuck.cause == f"B (AWS::Logs::LogGroup): {IN_USE}"
    assert stuck.hint.endswith("cdinfra up pair --continue-rollback --skip-resource pair/A")


@pytest.mark.usefixtures("stuck")
def test_a_stuck_rollback_is_continued_until_it_succeeds_and_then_updated(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    with pytest.raises(StackFailedError, match=rf"A \(AWS::Logs::LogGroup .*\): {IN_USE}"):
        shop.up(pair(make, 14))
    again = finish(shop, make, Repairs(continue_rollback=True))
    assert (again.outcome, again.status) == ("failed", "UPDATE_ROLLBACK_FAILED")
    assert again.cause == f"A (AWS::Logs::LogGroup): {IN_USE}"
    done = finish(shop, make, Repairs(continue_rollback=True))
    assert (done.outcome, done.status) == ("rolled back", "UPDATE_ROLLBACK_COMPLETE")
    assert set(groups(shop, clients).values()) == {7}
    assert shop.up(pair(make, 14)).stacks[0].outcome == "updated"
    assert set(groups(shop, clients).values()) == {14}


@pytest.mark.usefixtures("stuck")
def test_a_resource_that_cannot_be_rolled_back_is_skipped(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    done = finish(shop, make, Repairs(skipped=("pair/A",)))
    assert (done.outcome, done.status) == ("rolled back", "UPDATE_ROLLBACK_COMPLETE")
    assert sorted(groups(shop, clients).values()) == [7, 14]


@pytest.mark.parametrize(
    ("repairs", "left"),
    [
        (Repairs(), 0),
        (Repairs(retained=("pair/B",)), 1),
        (Repairs(forced=True), 0),
    ],
)
def test_a_deletion_that_failed_is_tried_again_or_leaves_what_is_named(
    shop: Shop, make: Make, clients: Callable[..., Clients], repairs: Repairs, left: int
) -> None:
    shop.up(pair(make, 7))
    fails(shop, "B", ResourceAction.DELETE)
    failed = down(shop, make, Repairs())
    (name,) = [each for each in groups(shop, clients) if "-B-" in each]
    assert (failed.outcome, failed.status) == ("failed", "DELETE_FAILED")
    assert failed.cause == f"B (AWS::Logs::LogGroup {name}): {IN_USE}"
    done = down(shop, make, repairs)
    assert (done.outcome, done.status) == ("deleted", "DELETE_COMPLETE")
    assert list(groups(shop, clients)) == [name] * left
    assert [each.physical_id for each in done.left_behind] == [name] * left


def test_a_forced_deletion_leaves_what_fails_again_and_names_it(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    shop.up(pair(make, 7))
    fails(shop, "B", ResourceAction.DELETE, times=2)
    down(shop, make, Repairs())
    done = down(shop, make, Repairs(forced=True))
    assert (done.outcome, done.status) == ("deleted", "DELETE_COMPLETE")
    (name,) = groups(shop, clients)
    assert [(each.logical_id, each.physical_id) for each in done.left_behind] == [("B", name)]
