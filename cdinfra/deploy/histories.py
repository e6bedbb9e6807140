"""Reads what was done with an app's stacks: which operation is meant, and why it failed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice

from cdinfra.aws.cloud import Aws
from cdinfra.aws.failures import is_access_denied
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import DeletedStack, StackEvent
from cdinfra.deploy.explanation import Explanation, explain_operation
from cdinfra.deploy.failure import Subject
from cdinfra.deploy.host_log import HostLogReader
from cdinfra.deploy.last_operation import last_operation
from cdinfra.deploy.nested_causes import describe_innermost_cause
from cdinfra.deploy.past_operations import (
    History,
    OperationOutcome,
    PastOperation,
    aftermath_of,
    past_operation,
    past_operations,
)
from cdinfra.deploy.summary import StackSummary
from cdinfra.errors import CdinfraError, InvalidInputError, Problem
from cdinfra.model import SourceLine

ARN_COLONS = 5
"""Source: IAM user guide, "Identify AWS resources with Amazon Resource Names"."""

MOST_DIGITS = 4
"""What has more digits than this is a token, not a number."""

Told = tuple[PastOperation, tuple[StackEvent, ...]]


class Histories:
    """Reads the histories of stacks.

    Args:
        aws: The cloud.
        sources: Where each part of each template comes from, by the stack's name in the app.
    """

    def __init__(self, aws: Aws, sources: Mapping[str, Mapping[str, SourceLine]]) -> None:
        self._stacks = aws.stacks
        self._host_logs = HostLogReader(aws)
        self._sources = sources

    def subjects(
        self, summaries: Iterable[StackSummary], *, deleted: bool = False
    ) -> tuple[Subject, ...]:
        """Return the stacks that have a history.

        Args:
            summaries: The stacks of the app.
            deleted: Whether, for one that is not there, the newest deleted one of its name
                counts. That costs a list of all the region's deleted stacks.

        Raises:
            CloudError: The cloud cannot be asked.
        """
        chosen = tuple(summaries)
        wanted = deleted and not all(each.status for each in chosen)
        gone = {each.name: each for each in self._deleted()} if wanted else {}
        return tuple(
            self._subject(each, each.stack_name)
            if each.status
            else self._subject(
                replace(each, status=StackStatus.DELETE_COMPLETE), gone[each.stack_name].stack_id
            )
            for each in chosen
            if each.status or each.stack_name in gone
        )

    def subject_by_id(self, stack_id: str, prefix: str) -> Subject:
        """Return a stack by its ARN, which finds a deleted one too.

        Args:
            stack_id: ARN.
            prefix: What the CloudFormation names of the app's stacks begin with.

        Raises:
            InvalidInputError: There is no such stack.
            CloudError: The cloud cannot be asked.
        """
        # Only a whole ARN tells where to ask.
        is_arn = stack_id.count(":") >= ARN_COLONS
        found = self._stacks.describe_stack(stack_id) if is_arn else None
        if found is None:
            message = f"there is no stack {stack_id!r}"
            hint = "an ARN, in its own region; that of a deleted stack is known for 90 days"
            raise InvalidInputError(Problem(path="--stack-id", message=message, hint=hint))
        name = found.name.removeprefix(prefix)
        return self._subject(
            StackSummary(
                stack=name,
                stack_name=found.name,
                status=found.status,
                reason=found.reason,
                in_app=name in self._sources,
            ),
            found.stack_id,
        )

    def explain_last(self, subjects: Iterable[Subject]) -> tuple[Explanation, ...]:
        """Explain the last operation of each stack where that failed.

        Of a stack that is deleted since, that is the operation before the deletion.

        Raises:
            CloudError: The cloud cannot be asked.
        """
        explained = map(self._explain_last, subjects)
        return tuple(each for each in explained if each is not None)

    def explain_operation(
        self, subjects: Iterable[Subject], wanted: str
    ) -> tuple[Explanation, ...]:
        """Explain one operation of each stack that has it, where it failed.

        Args:
            subjects: The stacks.
            wanted: Its number, 1 for the last one, or its token or how that begins.

        Raises:
            InvalidInputError: No stack has such an operation.
            CloudError: The cloud cannot be asked.
        """
        found = [(each, told) for each in subjects if (told := self._find(each, wanted))]
        if not found:
            raise InvalidInputError(
                Problem(path="--operation", message=f"no stack has an operation {wanted!r}"),
                hint="list them with: cdinfra explain --list",
            )
        explained = (self._explain(subject, told) for subject, told in found)
        return tuple(each for each in explained if each is not None)

    def list_operations(
        self, subjects: Iterable[Subject], *, deleted: bool = False
    ) -> tuple[History, ...]:
        """Return what was done with each stack, as far as CloudFormation remembers.

        Args:
            subjects: The stacks.
            deleted: Whether to name the deleted stacks of the same name, too.

        Raises:
            CloudError: The cloud cannot be asked.
        """
        gone = self._deleted() if deleted else ()
        return tuple(
            History(
                stack=each.summary.stack,
                stack_name=each.summary.stack_name,
                status=each.summary.status,
                operations=tuple(map(self._with_cause, self._operations(each))),
                earlier=tuple(
                    one
                    for one in reversed(gone)
                    if one.name == each.summary.stack_name and one.stack_id != each.reference
                ),
            )
            for each in subjects
        )

    def _subject(self, summary: StackSummary, reference: str) -> Subject:
        sources = self._sources.get(summary.stack, {})
        return Subject(summary=summary, reference=reference, sources=sources)

    def _deleted(self) -> tuple[DeletedStack, ...]:
        """Return the region's deleted stacks, the newest last, without nested ones."""
        try:
            deleted = self._stacks.list_deleted_stacks()
        except CdinfraError as error:
            # Whoever may not list them sees only what is there.
            if is_access_denied(error):
                return ()
            raise
        roots = (each for each in deleted if not each.parent_id)
        return tuple(sorted(roots, key=lambda each: each.deleted_at))

    def _operations(self, subject: Subject) -> Iterable[Told]:
        return past_operations(self._stacks.describe_events(subject.reference))

    def _find(self, subject: Subject, wanted: str) -> Told | None:
        is_number = wanted.isdecimal() and len(wanted) <= MOST_DIGITS
        for past, events in self._operations(subject):
            if (past.number == int(wanted)) if is_number else past.token.startswith(wanted):
                return past, events
        return None

    def _explain_last(self, subject: Subject) -> Explanation | None:
        status = StackStatus(subject.summary.status)
        if status is StackStatus.DELETE_COMPLETE:
            return self._explain_deleted(subject)
        if aftermath_of(past_operation((), status=status)) is None:
            # A stack that rests well costs no call.
            return None
        events = last_operation(self._stacks.describe_events(subject.reference))
        return self._explain(subject, (past_operation(events, status=status), events))

    def _explain_deleted(self, subject: Subject) -> Explanation | None:
        newest = tuple(islice(self._operations(subject), 2))
        for told in newest:
            if explanation := self._explain(subject, told):
                since = "" if told[0].number == 1 else "; it is deleted since"
                return replace(explanation, aftermath=f"{explanation.aftermath}{since}")
        return None

    def _explain(self, subject: Subject, told: Told) -> Explanation | None:
        if (after := aftermath_of(told[0])) is None:
            return None
        told = self._with_cause(told), told[1]
        return explain_operation(self._stacks, subject, told, after, self._host_logs)

    def _with_cause(self, told: Told) -> PastOperation:
        """Return an operation with its cause, which may stand inside of a nested stack."""
        past, events = told
        if past.outcome is not OperationOutcome.FAILED:
            return past
        return replace(past, cause=describe_innermost_cause(self._stacks, events)[0])
