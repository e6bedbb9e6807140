"""Which buckets are emptied before their stack is deleted."""

from dataclasses import replace
from typing import Any

import pytest

from cdinfra.aws.fake import FakeAws
from cdinfra.deploy.approval import ANYTHING, Approval
from cdinfra.deploy.plan import ChangeAction, Plan, ResourceChange, StackAction, Verb
from cdinfra.deploy.state_buckets import StateBuckets
from cdinfra.errors import CloudError
from cdinfra.model import HOME

LOST = ResourceChange(
    logical_id="Bucket",
    resource_type="AWS::S3::Bucket",
    physical_id="state",
    action=ChangeAction.REMOVE,
    loses_data=True,
)
DELETION = StackAction(
    stack="foundation",
    stack_name="shop-dev-foundation",
    verb=Verb.DELETE,
    resources=(LOST, replace(LOST, logical_id="Table", resource_type="AWS::DynamoDB::Table")),
)


@pytest.fixture
def aws() -> FakeAws:
    aws = FakeAws()
    aws.storage.objects["state", "locks/web.json"] = "{}"
    aws.storage.objects["pictures", "cat.jpg"] = ""
    return aws


@pytest.fixture
def buckets(aws: FakeAws) -> StateBuckets:
    return StateBuckets(aws, {"foundation": HOME})


def test_the_bucket_of_a_foundational_stack_is_told_of_and_emptied(
    aws: FakeAws, buckets: StateBuckets
) -> None:
    (told,) = buckets.notices(Plan(app="shop", env="dev", actions=(DELETION,)))
    assert told.startswith("foundation/Bucket holds 1 object, the lock and the history")
    assert ("state", "locks/web.json") in aws.storage.objects
    buckets.empty(DELETION, ANYTHING)
    assert list(aws.storage.objects) == [("pictures", "cat.jpg")]


def test_many_objects_are_not_counted_to_the_last(aws: FakeAws, buckets: StateBuckets) -> None:
    for number in range(1001):
        aws.storage.objects["state", f"history/{number}"] = ""
    (told,) = buckets.notices(Plan(app="shop", env="dev", actions=(DELETION,)))
    assert "holds over 1,000 objects" in told


@pytest.mark.parametrize(
    "changes",
    [
        {"stack": "pictures"},
        {"stack": "foundation@us-east-1"},
        {"verb": Verb.UPDATE},
        {"leaves": ("Bucket",)},
        {"is_forced": True},
        {"follows": True},
        {"resources": (replace(LOST, loses_data=False),)},
        {"resources": ()},
    ],
)
def test_nothing_else_is_emptied(
    aws: FakeAws, buckets: StateBuckets, changes: dict[str, Any]
) -> None:
    action = replace(DELETION, **changes)
    assert not list(buckets.notices(Plan(app="shop", env="dev", actions=(action,))))
    buckets.empty(action, ANYTHING)
    assert ("state", "locks/web.json") in aws.storage.objects


def test_under_the_guard_only_a_bucket_is_emptied_that_is_named(
    aws: FakeAws, buckets: StateBuckets
) -> None:
    buckets.empty(DELETION, Approval(guards_data=True, data_loss=("foundation/Table",)))
    assert ("state", "locks/web.json") in aws.storage.objects
    buckets.empty(DELETION, Approval(guards_data=True, data_loss=("foundation/Bucket",)))
    assert ("state", "locks/web.json") not in aws.storage.objects


class RefusedError(Exception):
    """As botocore's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


def test_a_bucket_that_was_deleted_by_hand_keeps_nobody_from_deleting_its_stack(
    aws: FakeAws, buckets: StateBuckets
) -> None:
    plan = Plan(app="shop", env="dev", actions=(DELETION,))
    emptied = "foundation/Bucket is emptied before its stack is deleted"
    unknown = f"{emptied}, and what it holds is not known: no"
    for code, told in (("NoSuchBucket", []), ("AccessDenied", [unknown])):
        error = CloudError("no")
        error.__cause__ = RefusedError(code)
        aws.storage.script("list_keys", error)
        assert list(buckets.notices(plan)) == told
    aws.storage.script("list_keys", CloudError("another"))
    with pytest.raises(CloudError, match="another"):
        list(buckets.notices(plan))
