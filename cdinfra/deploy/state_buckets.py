"""Empties the buckets of foundational stacks, which S3 deletes only where they hold nothing.

Locks, journals and history of releases lie there, so that after the first deploy the deletion
of such a stack could but fail. It is emptied only where its loss is shown in the plan and
permitted, as late as can be: when all stacks are gone that have hosts, and not before.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from cdinfra.aws.cloud import Aws
from cdinfra.aws.failures import error_code, is_access_denied
from cdinfra.deploy.approval import Approval
from cdinfra.deploy.data_guard import losses_in
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.errors import CloudError
from cdinfra.model import Place

BUCKET_TYPE = "AWS::S3::Bucket"

MOST_COUNTED = 1000
"""Objects that are counted: one call."""


class StateBuckets:
    """The buckets of an app's foundational stacks.

    Args:
        aws: The cloud.
        foundations: The foundational stacks, each with its place.
    """

    def __init__(self, aws: Aws, foundations: Mapping[str, Place]) -> None:
        self._aws = aws
        self._foundations = foundations

    def notices(self, plan: Plan) -> Iterator[str]:
        """Yield a sentence for each bucket that holds something and goes with its stack.

        Args:
            plan: What is done, with what happens to each resource.

        Raises:
            CloudError: S3 cannot be asked.
        """
        for action in plan.actions:
            for name, bucket in self._lost(action):
                if told := self._told(action, bucket):
                    yield f"{name} {told}"

    def empty(self, action: StackAction, approval: Approval) -> None:
        """Empty the buckets that go with a stack.

        Args:
            action: What is done with the stack; nothing is emptied that it leaves.
            approval: What may be lost.

        Raises:
            CloudError: S3 refuses or cannot be reached.
        """
        for name, bucket in self._lost(action):
            if approval.permits_loss(name):
                self._aws.at(action.place).storage.empty_bucket(bucket)

    def _told(self, action: StackAction, bucket: str) -> str:
        """Return what is lost with a bucket; empty where it holds nothing, or is gone."""
        keys = self._aws.at(action.place).storage.list_keys(bucket, "")
        try:
            found = sum(1 for _ in islice(keys, MOST_COUNTED + 1))
        except CloudError as error:
            if error_code(error.__cause__) == "NoSuchBucket":
                return ""
            if is_access_denied(error):
                emptied = "is emptied before its stack is deleted"
                return f"{emptied}, and what it holds is not known: {error.message}"
            raise
        if not found:
            return ""
        number = f"{found:,}" if found <= MOST_COUNTED else f"over {MOST_COUNTED:,}"
        objects = "object" if found == 1 else "objects"
        return (
            f"holds {number} {objects}, the lock and the history of releases among them, and is "
            "emptied before its stack is deleted: all its versions are lost"
        )

    def _lost(self, action: StackAction) -> Iterator[tuple[str, str]]:
        """Yield the buckets that a deletion takes along, ``stack/LogicalId`` and name."""
        is_deleted = action.verb is Verb.DELETE and not (action.is_forced or action.follows)
        if not is_deleted or action.stack not in self._foundations:
            return
        for loss in losses_in(action.stack, action.resources):
            change = loss.change
            if change.resource_type == BUCKET_TYPE and change.logical_id not in action.leaves:
                yield loss.name, change.physical_id
