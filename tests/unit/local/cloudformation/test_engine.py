from datetime import UTC, datetime
from typing import Any

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.local.cloudformation.clock import SystemClock
from cdinfra.local.cloudformation.engine import Engine
from cdinfra.local.cloudformation.events import build_event_id
from cdinfra.local.cloudformation.state import Stack
from cdinfra.local.cloudformation.status import DELETABLE, UPDATABLE
from cdinfra.local.cloudformation.store import Store


def test_the_end_of_the_engine_wakes_what_waits(cfn: Any) -> None:
    definition = {
        "Type": "AWS::CloudFormation::WaitCondition",
        "CreationPolicy": {"ResourceSignal": {"Count": 1}},
    }
    cfn.start("CreateStack", "one", {"W": definition})
    assert cfn.clock.armed.wait(10)

    cfn.engine.close()

    assert cfn.engine.wait_idle(0)


def test_an_operation_that_breaks_leaves_no_stack_in_progress(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(DisplayName="a")})
    broken = {
        "CREATE_IN_PROGRESS": "CREATE_FAILED",
        "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
        "UPDATE_IN_PROGRESS": "UPDATE_FAILED",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_FAILED",
        "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
        "DELETE_IN_PROGRESS": "DELETE_FAILED",
    }

    def explode(_: object) -> None:
        raise ZeroDivisionError

    for status, ended in broken.items():
        operation = cfn.new_operation("UPDATE_STACK")
        run_on = (cfn.state, cfn.stack("one"))
        cfn.engine.start(run_on, operation, StackStatus(status), explode)
        assert cfn.settled("one").status == ended
        assert cfn.stack("one").reason == "Internal Failure"


def test_regions_and_accounts_do_not_see_each_other(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    for region, account in (("us-east-1", "123456789012"), ("eu-central-1", "000000000000")):
        assert cfn.engine.region(region, account).find("one") is None


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_a_region_knows_its_partition(region: str, partition: str) -> None:
    assert Store().region(region, "1").partition == partition


def test_an_engine_needs_nothing_to_be_made_and_closed() -> None:
    def clients(_region: str, _account: str) -> Any:
        raise AssertionError("nothing asks for services")

    engine = Engine(types={}, clients=clients)
    engine.close()


def test_the_systems_clock_knows_its_zone_and_its_alarms_can_be_called_off() -> None:
    clock = SystemClock()
    rang: list[str] = []

    clock.call_after(60, lambda: rang.append("late"))()

    assert clock.now().tzinfo is UTC
    assert rang == []


def test_events_of_a_resource_tell_resource_status_and_time() -> None:
    at = datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)

    event_id = build_event_id("A", "AWS::SNS::Topic", "CREATE_COMPLETE", at)

    assert event_id.startswith("A-CREATE_COMPLETE-2030-01-02T03:04:05.678Z-")
    assert build_event_id("A", "AWS::CloudFormation::Stack", "X", at).count("-") == 4


def test_a_stack_in_progress_is_neither_updated_nor_deleted_but_for_a_create() -> None:
    under_way = {one for one in StackStatus if one.endswith("IN_PROGRESS")}

    assert not under_way & UPDATABLE
    assert under_way & DELETABLE == {
        StackStatus.CREATE_IN_PROGRESS,
        StackStatus.REVIEW_IN_PROGRESS,
    }


def test_a_stack_that_was_never_made_has_nothing_to_remember() -> None:
    stack = Stack(
        lock=Store().lock, stack_id="arn", name="one", created_at=datetime(2030, 1, 1, tzinfo=UTC)
    )

    with pytest.raises(RuntimeError, match="has no template yet"):
        stack.remember()
