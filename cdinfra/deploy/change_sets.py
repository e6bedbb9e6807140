"""Makes change sets, and sees to it that none that was not executed stays behind."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cdinfra.aws.change_set import ChangeSet, ChangeSetId, ChangeSetRequest, ChangeSetType
from cdinfra.aws.cloud import Aws
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.large_templates import BUCKET_OUTPUT, bucket_stacks, size_problem
from cdinfra.deploy.plan import StackAction, Verb
from cdinfra.deploy.poller import Poller, Step, Task
from cdinfra.deploy.settings import AllOutputs, operation_settings, unknown_outputs
from cdinfra.deploy.template_body import INLINE_LIMIT, required_capabilities
from cdinfra.deploy.tokens import new_token
from cdinfra.errors import CdinfraError, CloudError, InvalidInputError, Problem
from cdinfra.events import Notice, OnEvent
from cdinfra.model import Place

_KINDS = {Verb.CREATE: ChangeSetType.CREATE, Verb.IMPORT: ChangeSetType.IMPORT}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    """A change set that may exist: known from before it is asked for."""

    stack_name: str
    name: str
    makes_stack: bool


class ChangeSets:
    """The change sets of one run; closing it deletes those that were not executed.

    Args:
        aws: The cloud.
        poller: Drives the waiting.
        foundations: The foundational stacks by name, each with its place; one of them has
            the bucket of that place.
        on_event: Told when a change set has to be left behind.
    """

    def __init__(
        self, aws: Aws, *, poller: Poller, foundations: Mapping[str, Place], on_event: OnEvent
    ) -> None:
        self._aws = aws
        self._poller = poller
        self._foundations = foundations
        self._on_event = on_event
        self._open: dict[str, _Open] = {}

    def close(self) -> None:
        """End the run: whatever was made and not executed is deleted."""
        for each in tuple(self._open.values()):
            try:
                self._discard(each)
            except CdinfraError as failure:
                left = f"the change set {each.name} of {each.stack_name} stays behind"
                self._on_event(Notice(message=f"{left}: {failure.message}"))

    def make(
        self, action: StackAction, parameters: Mapping[str, str], outputs: AllOutputs
    ) -> Task[ChangeSet]:
        """Make a change set and wait until CloudFormation has worked it out.

        Args:
            action: What is to be done; what has no stack yet makes one in review.
            parameters: The values to use.
            outputs: Outputs of the app's stacks, to find the bucket.

        Returns:
            The change set; one without changes is deleted already.

        Raises:
            CloudError: CloudFormation refuses the template or its parameters.
        """
        request = self.request(action, parameters, outputs)
        makes_stack = request.kind is ChangeSetType.CREATE or not action.stack_id
        opened = _Open(stack_name=action.stack_name, name=request.name, makes_stack=makes_stack)
        # Before the call: an interrupt may come between CloudFormation's doing and its answer.
        self._open[request.name] = opened
        made = yield from self._poller.patiently(
            lambda: self._aws.stacks.create_change_set(request)
        )
        change_set = yield from self._wait(made)
        if change_set.is_empty:
            self._discard(opened)
        elif change_set.status != "CREATE_COMPLETE":
            self._discard(opened)
            refused = f"CloudFormation refuses the change set for {action.stack_name}"
            raise CloudError(f"{refused}: {change_set.reason}")
        return change_set

    def _wait(self, made: ChangeSetId) -> Task[ChangeSet]:
        while True:
            change_set = yield from self._poller.persistently(
                lambda: self._aws.stacks.describe_change_set(made.arn)
            )
            if not change_set.status.is_making:
                return change_set
            yield Step.QUIET

    def execute(self, change_set_arn: str, token: str) -> None:
        """Start what a change set says; from then on it is not ours to delete."""
        self._aws.stacks.execute_change_set(change_set_arn, token)
        self._open.pop(change_set_name(change_set_arn), None)

    def discard(self, change_set_arn: str) -> None:
        """Delete a change set that will not be executed."""
        if opened := self._open.get(change_set_name(change_set_arn)):
            self._discard(opened)

    def _discard(self, each: _Open) -> None:
        stacks = self._aws.stacks
        stacks.delete_change_set(each.stack_name, each.name)
        if each.makes_stack:
            stack = stacks.describe_stack(each.stack_name)
            if stack is not None and stack.status is StackStatus.REVIEW_IN_PROGRESS:
                stacks.delete_stack(stack.stack_id, token=new_token())
        del self._open[each.name]

    def request(
        self, action: StackAction, parameters: Mapping[str, str], outputs: AllOutputs
    ) -> ChangeSetRequest:
        """Return what a change set is asked for; a large template is stored first.

        Args:
            action: What is to be done.
            parameters: The values to use.
            outputs: Outputs of the app's stacks.

        Raises:
            InvalidInputError: The template is too large, or a setting has no value.
            CloudError: The template cannot be stored.
        """
        if unknown := unknown_outputs(action.settings, outputs):
            path = f"stacks/{action.stack}/settings"
            raise InvalidInputError(
                Problem(path=path, message=f"need {each}, which does not exist") for each in unknown
            )
        url = self._store(action, outputs)
        return ChangeSetRequest(
            stack_name=action.stack_name,
            name=new_token(),
            kind=_KINDS.get(action.verb, ChangeSetType.UPDATE),
            body="" if url else action.body,
            template_url=url,
            parameters=parameters,
            retained=action.retained,
            tags=action.tags,
            capabilities=required_capabilities(json.loads(action.body)),
            settings=operation_settings(action.settings, outputs),
            deployed_settings=action.deployed_settings,
            on_failure=action.settings.on_failure,
            imports=action.imports,
        )

    def _store(self, action: StackAction, outputs: AllOutputs) -> str:
        """Store a template that is too large to send; return its address, or an empty text."""
        content = action.body.encode()
        if len(content) <= INLINE_LIMIT:
            return ""
        # CloudFormation reads a template with the caller's rights in the stack's own place.
        near = bucket_stacks(self._foundations, action.place)
        buckets = (outputs.get(name, {}).get(BUCKET_OUTPUT, "") for name in near)
        bucket = next(filter(None, buckets), "")
        if problem := size_problem(action, near, has_bucket=bool(bucket)):
            raise InvalidInputError(problem)
        key = f"templates/{action.stack_name}/{hashlib.sha256(content).hexdigest()}.json"
        return self._aws.at(action.place).storage.put_template(bucket, key, action.body)


def change_set_name(arn: str) -> str:
    """Return the name in a change set's ARN: ``…:changeSet/NAME/UUID``."""
    return arn.split("/")[1]
