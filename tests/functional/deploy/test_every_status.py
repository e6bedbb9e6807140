"""Every status is reached in the local cloud, and ``up`` and ``down`` do what the table says."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.errors import StackFailedError
from cdinfra.events import Notice
from cdinfra.local.fault_types import ResourceAction, ResourceFault, ResourceFaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdinfra.aws.connection import Clients
    from tests.functional.deploy.conftest import Make, Plain, Shop

POLL_SECONDS = 0.02
DEADLINE_SECONDS = 60.0
HELD_SECONDS = 4.0
"""How long an operation is held up: it has to be still under way when a run looks at it."""

UP = {
    **dict.fromkeys(StackStatus, "updated"),
    StackStatus.ROLLBACK_IN_PROGRESS: "created",
    StackStatus.ROLLBACK_COMPLETE: "created",
    StackStatus.ROLLBACK_FAILED: "created",
    StackStatus.REVIEW_IN_PROGRESS: "created",
    StackStatus.DELETE_IN_PROGRESS: "created",
    StackStatus.DELETE_COMPLETE: "created",
    StackStatus.DELETE_FAILED: "refused",
    StackStatus.UPDATE_ROLLBACK_FAILED: "refused",
    StackStatus.IMPORT_ROLLBACK_FAILED: "refused",
}
"""What comes of ``up``."""

DOWN = {
    **dict.fromkeys(StackStatus, "deleted"),
    StackStatus.DELETE_IN_PROGRESS: "nothing",
    StackStatus.DELETE_COMPLETE: "nothing",
}
"""And of ``down``."""


def group(days: int, *needed: str) -> dict[str, Any]:
    properties = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": days}}
    return {**properties, "DependsOn": list(needed)} if needed else properties


BEFORE = {"A": group(7), "B": group(7, "A")}
AFTER = {"A": group(14), "B": group(14, "A")}
WANTED = {"A": group(30), "B": group(30, "A")}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stack that is brought into a status without cdinfra.

    Attributes:
        shop: The app that it belongs to.
        stack: What the app wants it to be.
        clients: The services.
    """

    shop: Shop
    stack: Plain
    clients: Clients

    @property
    def name(self) -> str:
        return f"{self.shop.name}-dev-one"

    @property
    def api(self) -> Any:
        return self.clients.client("cloudformation")

    def given(self, resources: Mapping[str, Any]) -> dict[str, Any]:
        tags = {"cdinfra:app": self.shop.name, "cdinfra:env": "dev", "cdinfra:owner": "team"}
        return {
            "StackName": self.name,
            "TemplateBody": json.dumps({"Resources": resources}),
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }

    def fails(self, logical_id: str, action: ResourceAction, *, after: int = 0) -> None:
        self._fault(ResourceFaultKind.RESOURCE_FAILS, logical_id, action, after)

    def holds(self, logical_id: str, action: ResourceAction, *, after: int = 0) -> None:
        self._fault(ResourceFaultKind.RESOURCE_SLOW, logical_id, action, after)

    def _fault(
        self, kind: ResourceFaultKind, logical_id: str, action: ResourceAction, after: int
    ) -> None:
        fault = ResourceFault(
            kind=kind,
            stack=self.name,
            logical_id=logical_id,
            action=action,
            after=after,
            times=1,
            seconds=HELD_SECONDS,
            reason="it is in use",
        )
        self.shop.cloud.control.add_fault(fault)

    def create(self, **options: Any) -> str:
        return str(self.api.create_stack(**self.given(BEFORE), **options)["StackId"])

    def created(self) -> str:
        stack_id = self.create()
        self.wait_for(StackStatus.CREATE_COMPLETE, stack_id)
        return stack_id

    def update(self, resources: Mapping[str, Any] = AFTER, **options: Any) -> None:
        self.created()
        self.api.update_stack(**self.given(resources), **options)

    def delete(self) -> str:
        stack_id = self.created()
        self.api.delete_stack(StackName=self.name)
        return stack_id

    def import_vpcs(self) -> None:
        """Import two networks, the second after the first."""
        self.created()
        ec2 = self.clients.client("ec2")
        ids = [ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"] for _ in range(2)]
        vpc = {
            "Type": "AWS::EC2::VPC",
            "DeletionPolicy": "Delete",
            "Properties": {"CidrBlock": "10.9.0.0/16"},
        }
        imported = {"First": vpc, "Second": {**vpc, "DependsOn": "First"}}
        made = self.api.create_change_set(
            **self.given({**BEFORE, **imported}),
            ChangeSetName="adopt",
            ChangeSetType="IMPORT",
            ResourcesToImport=[
                {
                    "ResourceType": "AWS::EC2::VPC",
                    "LogicalResourceId": name,
                    "ResourceIdentifier": {"VpcId": vpc_id},
                }
                for name, vpc_id in zip(imported, ids, strict=True)
            ],
        )
        self.api.execute_change_set(ChangeSetName=made["Id"])

    def wait_for(self, status: StackStatus, stack: str = "") -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        now = ""
        while time.monotonic() < deadline:
            now = self.api.describe_stacks(StackName=stack or self.name)["Stacks"][0]["StackStatus"]
            if now == status:
                return
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"{self.name} is {now}, not {status}")


CREATE, UPDATE, DELETE = ResourceAction.CREATE, ResourceAction.UPDATE, ResourceAction.DELETE


def reach_review(stage: Stage) -> None:
    stage.api.create_change_set(**stage.given(BEFORE), ChangeSetName="one", ChangeSetType="CREATE")


def reach_failed_creation(stage: Stage) -> None:
    stage.fails("B", CREATE)
    stage.create(DisableRollback=True)


def reach_rollback(stage: Stage) -> None:
    stage.fails("B", CREATE)
    stage.create()


def reach_held_rollback(stage: Stage) -> None:
    stage.holds("A", DELETE)
    reach_rollback(stage)


def reach_failed_rollback(stage: Stage) -> None:
    stage.fails("A", DELETE)
    reach_rollback(stage)


def reach_held_creation(stage: Stage) -> None:
    stage.holds("A", CREATE)
    stage.create()


def reach_held_deletion(stage: Stage) -> None:
    stage.holds("A", DELETE)
    stage.delete()


def reach_failed_deletion(stage: Stage) -> None:
    stage.fails("A", DELETE)
    stage.delete()


def reach_deleted(stage: Stage) -> None:
    stage.wait_for(StackStatus.DELETE_COMPLETE, stage.delete())


def reach_held_update(stage: Stage) -> None:
    stage.holds("A", UPDATE)
    stage.update()


def reach_held_cleanup(stage: Stage) -> None:
    stage.holds("B", DELETE)
    stage.update({"A": group(7)})


def reach_failed_update(stage: Stage) -> None:
    stage.fails("B", UPDATE)
    stage.update(DisableRollback=True)


def reach_update_rollback(stage: Stage) -> None:
    stage.fails("B", UPDATE)
    stage.update()


def reach_held_update_rollback(stage: Stage) -> None:
    stage.holds("A", UPDATE, after=1)
    reach_update_rollback(stage)


def reach_failed_update_rollback(stage: Stage) -> None:
    stage.fails("A", UPDATE, after=1)
    reach_update_rollback(stage)


def reach_held_rollback_cleanup(stage: Stage) -> None:
    stage.fails("B", UPDATE)
    stage.holds("New", DELETE)
    stage.update({"A": group(14), "New": group(7), "B": group(14, "A", "New")})


def reach_held_import(stage: Stage) -> None:
    stage.holds("First", CREATE)
    stage.import_vpcs()


def reach_import_rollback(stage: Stage) -> None:
    stage.fails("Second", CREATE)
    stage.import_vpcs()


def reach_held_import_rollback(stage: Stage) -> None:
    stage.holds("First", UPDATE, after=1)
    reach_import_rollback(stage)


def reach_failed_import_rollback(stage: Stage) -> None:
    stage.fails("First", UPDATE, after=1)
    reach_import_rollback(stage)


REACH: Mapping[StackStatus, Callable[[Stage], object]] = {
    StackStatus.CREATE_IN_PROGRESS: reach_held_creation,
    StackStatus.CREATE_FAILED: reach_failed_creation,
    StackStatus.CREATE_COMPLETE: Stage.created,
    StackStatus.ROLLBACK_IN_PROGRESS: reach_held_rollback,
    StackStatus.ROLLBACK_FAILED: reach_failed_rollback,
    StackStatus.ROLLBACK_COMPLETE: reach_rollback,
    StackStatus.DELETE_IN_PROGRESS: reach_held_deletion,
    StackStatus.DELETE_FAILED: reach_failed_deletion,
    StackStatus.DELETE_COMPLETE: reach_deleted,
    StackStatus.UPDATE_IN_PROGRESS: reach_held_update,
    StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: reach_held_cleanup,
    StackStatus.UPDATE_COMPLETE: Stage.update,
    StackStatus.UPDATE_FAILED: reach_failed_update,
    StackStatus.UPDATE_ROLLBACK_IN_PROGRESS: reach_held_update_rollback,
    StackStatus.UPDATE_ROLLBACK_FAILED: reach_failed_update_rollback,
    StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: reach_held_rollback_cleanup,
    StackStatus.UPDATE_ROLLBACK_COMPLETE: reach_update_rollback,
    StackStatus.REVIEW_IN_PROGRESS: reach_review,
    StackStatus.IMPORT_IN_PROGRESS: reach_held_import,
    StackStatus.IMPORT_COMPLETE: Stage.import_vpcs,
    StackStatus.IMPORT_ROLLBACK_IN_PROGRESS: reach_held_import_rollback,
    StackStatus.IMPORT_ROLLBACK_FAILED: reach_failed_import_rollback,
    StackStatus.IMPORT_ROLLBACK_COMPLETE: reach_import_rollback,
}


@pytest.fixture
def stage(shop: Shop, make: Make, clients: Callable[..., Clients]) -> Stage:
    stack = make.plain(name="one", resources=WANTED)
    return Stage(shop=shop, stack=stack, clients=clients())


def reached(stage: Stage, status: StackStatus) -> None:
    REACH[status](stage)
    if status is not StackStatus.DELETE_COMPLETE:
        stage.wait_for(status)


def assert_followed(stage: Stage, status: StackStatus, move: Move) -> None:
    told = [each.message for each in stage.shop.events if isinstance(each, Notice)]
    followed = [each for each in told if each.startswith(f"{stage.name} is {status} (since ")]
    assert len(followed) == (move is Move.WAIT), told


def test_every_status_has_a_row_and_is_reached() -> None:
    assert set(REACH) == set(RULES) == set(StackStatus)


@pytest.mark.parametrize("status", REACH)
def test_up_does_what_the_table_says(stage: Stage, status: StackStatus) -> None:
    reached(stage, status)
    if UP[status] == "refused":
        assert RULES[status].up is Move.REFUSE
        with pytest.raises(StackFailedError) as caught:
            stage.shop.up(stage.stack)
        assert f"{stage.name} is {status}: " in caught.value.message
        assert "cdinfra" in caught.value.hint
        return
    assert [str(each.outcome) for each in stage.shop.up(stage.stack).stacks] == [UP[status]]
    assert_followed(stage, status, RULES[status].up)
    groups = stage.clients.client("logs").describe_log_groups(logGroupNamePrefix=stage.name)
    assert [each["retentionInDays"] for each in groups["logGroups"]] == [30, 30]
    left = stage.api.list_change_sets(StackName=stage.name)["Summaries"]
    assert not [each for each in left if each["ExecutionStatus"] == "AVAILABLE"]


@pytest.mark.parametrize("status", REACH)
def test_down_does_what_the_table_says(stage: Stage, status: StackStatus) -> None:
    reached(stage, status)
    outcomes = [str(each.outcome) for each in stage.shop.down(stage.stack).stacks]
    assert outcomes == ([] if DOWN[status] == "nothing" else [DOWN[status]])
    assert_followed(stage, status, RULES[status].down)
    groups = stage.clients.client("logs").describe_log_groups(logGroupNamePrefix=stage.name)
    assert groups["logGroups"] == []
