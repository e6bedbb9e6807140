"""Stacks that are gone, as ListStacks tells of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cdinfra.aws.cloudformation import CloudFormation
from cdinfra.aws.stacks import DeletedStack

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
PARENT = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev-web/1"


def test_every_page_of_the_deleted_stacks_is_read(script: Callable[..., Script]) -> None:
    cloud = script("cloudformation")
    asked = {"StackStatusFilter": ["DELETE_COMPLETE"]}
    gone = {
        "StackName": "shop-dev-web",
        "StackId": PARENT,
        "StackStatus": "DELETE_COMPLETE",
        "CreationTime": NOON,
        "DeletionTime": NOON,
    }
    inner = {**gone, "StackName": "inner", "StackId": f"{PARENT}2", "ParentId": PARENT}
    cloud.answer("list_stacks", {"StackSummaries": [gone], "NextToken": "more"}, asked)
    cloud.answer("list_stacks", {"StackSummaries": [inner]}, {**asked, "NextToken": "more"})
    assert CloudFormation(cloud.clients).list_deleted_stacks() == (
        DeletedStack(stack_id=PARENT, name="shop-dev-web", deleted_at=NOON),
        DeletedStack(stack_id=f"{PARENT}2", name="inner", deleted_at=NOON, parent_id=PARENT),
    )
