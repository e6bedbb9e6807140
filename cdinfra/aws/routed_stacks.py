"""CloudFormation of several regions and accounts as one, so that nobody above has to know.

A stack is found by its name, which ``infra.py`` gives a place, or by the region and the
account in its ARN.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from cdinfra.aws.account import Account
from cdinfra.aws.change_set import ChangeSet, ChangeSetId, ChangeSetRequest
from cdinfra.aws.cloud import StackApi
from cdinfra.aws.drift import DriftDetection, ResourceDrift
from cdinfra.aws.stack_arguments import ParameterUpdate
from cdinfra.aws.stacks import DeletedStack, StackDescription, StackEvent, StackResource
from cdinfra.errors import CloudError

FindStacks = Callable[[], Mapping[Account, StackApi]]
"""Returns CloudFormation of each place, that of the app's own place first."""


class RoutedStacks:
    """Sends each call to the place that its stack is in.

    Args:
        find: Returns CloudFormation of each place; called when first needed.
        known: Where the stacks of ``infra.py`` are, by CloudFormation name.
    """

    def __init__(self, find: FindStacks, known: Callable[[], Mapping[str, Account]]) -> None:
        self._find = find
        self._known = known
        self._seen: dict[str, Account] = {}
        self._detections: dict[str, StackApi] = {}

    def describe_stack(self, stack: str) -> StackDescription | None:
        """Return a stack by name or ARN, or None if there is no such stack."""
        return self._at(stack).describe_stack(stack)

    def describe_stacks(self) -> tuple[StackDescription, ...] | None:
        """Return every stack of all places, or None if the caller may list none of them."""
        places = self._find()
        answers = {place: stacks.describe_stacks() for place, stacks in places.items()}
        if all(answer is None for answer in answers.values()):
            return None
        found = tuple(
            each
            for place, answer in answers.items()
            for each in (self._one_by_one(place) if answer is None else answer)
        )
        self._seen = {each.name: Account.of_arn(each.stack_id) for each in found}
        return found

    def list_deleted_stacks(self) -> tuple[DeletedStack, ...]:
        """Return the stacks of all places that were deleted in the last 90 days."""
        found = (stacks.list_deleted_stacks() for stacks in self._find().values())
        return tuple(chain.from_iterable(found))

    def describe_events(self, stack_id: str) -> Iterator[StackEvent]:
        """Yield a stack's events, newest first."""
        return self._at(stack_id).describe_events(stack_id)

    def list_resources(self, stack: str) -> tuple[StackResource, ...]:
        """Return the resources of a stack."""
        return self._at(stack).list_resources(stack)

    def get_template(self, stack: str) -> Mapping[str, Any] | None:
        """Return a stack's template as JSON values, or None if it is YAML."""
        return self._at(stack).get_template(stack)

    def describe_identifiers(self, resource_types: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the properties that identify a resource, for each type that can be imported."""
        # A type is the same everywhere; the app's own place knows it.
        return next(iter(self._find().values())).describe_identifiers(resource_types)

    def create_change_set(self, request: ChangeSetRequest) -> ChangeSetId:
        """Ask for a change set."""
        return self._at(request.stack_name).create_change_set(request)

    def create_stack(self, request: ChangeSetRequest, token: str, *, minutes: int) -> str:
        """Start to create a stack that may take only so long; return its ARN."""
        return self._at(request.stack_name).create_stack(request, token, minutes=minutes)

    def update_parameters(self, update: ParameterUpdate, token: str) -> bool:
        """Start to update a stack's parameters alone; False where nothing would change."""
        return self._at(update.stack_id).update_parameters(update, token)

    def get_stack_policy(self, stack: str) -> str:
        """Return a stack's policy as JSON; empty where it has none."""
        return self._at(stack).get_stack_policy(stack)

    def set_stack_policy(self, stack: str, body: str) -> None:
        """Give a stack a policy, which binds every update from then on."""
        self._at(stack).set_stack_policy(stack, body)

    def set_termination_protection(self, stack: str, *, enabled: bool) -> None:
        """Switch a stack's termination protection on or off."""
        self._at(stack).set_termination_protection(stack, enabled=enabled)

    def describe_change_set(self, arn: str) -> ChangeSet:
        """Return a change set with all its changes."""
        return self._at(arn).describe_change_set(arn)

    def execute_change_set(self, arn: str, token: str) -> None:
        """Start what the change set says."""
        self._at(arn).execute_change_set(arn, token)

    def delete_change_set(self, stack: str, name: str) -> None:
        """Delete a change set; one that is gone already is no error."""
        self._at(stack).delete_change_set(stack, name)

    def delete_stack(
        self, stack_id: str, token: str, *, retained: Collection[str] = (), forced: bool = False
    ) -> None:
        """Start to delete a stack; one that is gone already is no error."""
        self._at(stack_id).delete_stack(stack_id, token, retained=retained, forced=forced)

    def cancel_update(self, stack_id: str, token: str) -> None:
        """Start to roll back an update that is under way."""
        self._at(stack_id).cancel_update(stack_id, token)

    def continue_rollback(
        self, stack_id: str, token: str, *, skipped: Collection[str] = ()
    ) -> None:
        """Start to finish the rollback of an update that failed."""
        self._at(stack_id).continue_rollback(stack_id, token, skipped=skipped)

    def detect_drift(self, stack: str) -> str:
        """Start to compare a stack's resources with its template; return the detection's id."""
        stacks = self._at(stack)
        detection_id = stacks.detect_drift(stack)
        self._detections[detection_id] = stacks
        return detection_id

    def describe_drift_detection(self, detection_id: str) -> DriftDetection:
        """Return how far a detection of this process is, and what it found of the stack."""
        return self._detections[detection_id].describe_drift_detection(detection_id)

    def describe_resource_drifts(self, stack: str) -> tuple[ResourceDrift, ...]:
        """Return the resources of a stack that have drifted, as of the last detection."""
        return self._at(stack).describe_resource_drifts(stack)

    def _one_by_one(self, place: Account) -> Iterator[StackDescription]:
        """Describe the stacks of a place in which the caller may not list all."""
        for name, where in self._known().items():
            if where == place and (described := self.describe_stack(name)):
                yield described

    def _at(self, stack: str) -> StackApi:
        """Return CloudFormation of the place that a name or an ARN leads to."""
        places = self._find()
        if stack.startswith("arn:"):
            place = Account.of_arn(stack)
        else:
            place = self._known().get(stack) or self._seen.get(stack) or next(iter(places))
        if place not in places:
            raise CloudError(
                f"{stack} is in {place}, which is no place of this app",
                hint="name it in infra.py: App(places=(Place(…),))",
            )
        return places[place]
