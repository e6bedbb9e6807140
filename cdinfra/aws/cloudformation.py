"""CloudFormation: one method for each call that the deployer makes.

Each answers with frozen values; what is no error for the deployer (no such stack,
nothing would change) is a value too.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from cdinfra.aws.change_set import ChangeSet, ChangeSetId, ChangeSetRequest
from cdinfra.aws.connection import Clients
from cdinfra.aws.drift import DriftDetection, ResourceDrift, ResourceDriftStatus
from cdinfra.aws.failures import calling, error_code, is_access_denied
from cdinfra.aws.parse import (
    MISSING_STACK_TEXT,
    NO_CHANGE_TEXTS,
    parse_change_set,
    parse_deleted_stack,
    parse_detection,
    parse_event,
    parse_identifiers,
    parse_resource,
    parse_resource_drift,
    parse_stack,
    parse_template,
)
from cdinfra.aws.stack_arguments import (
    ParameterUpdate,
    change_set_arguments,
    creation_arguments,
    update_arguments,
)
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import DeletedStack, StackDescription, StackEvent, StackResource
from cdinfra.errors import CloudError


class CloudFormation:
    """CloudFormation of one account and region. Makes no call before a method is called."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def describe_stack(self, stack: str) -> StackDescription | None:
        """Return a stack, or None if there is no such stack.

        Args:
            stack: Name, or ARN; only the ARN finds a deleted stack.
        """
        try:
            with self._doing(f"describe the stack {stack}") as client:
                answer = client.describe_stacks(StackName=stack)
        except CloudError as error:
            if _is_missing_stack(error):
                return None
            raise
        return parse_stack(answer["Stacks"][0])

    def describe_stacks(self) -> tuple[StackDescription, ...] | None:
        """Return every stack of the region, or None if the caller may not list them."""
        try:
            with self._doing("describe the stacks") as client:
                pages = client.get_paginator("describe_stacks").paginate()
                return tuple(parse_stack(stack) for page in pages for stack in page["Stacks"])
        except CloudError as error:
            if is_access_denied(error):
                return None
            raise

    def list_deleted_stacks(self) -> tuple[DeletedStack, ...]:
        """Return the region's stacks that were deleted in the last 90 days."""
        with self._doing("list the deleted stacks") as client:
            pages = client.get_paginator("list_stacks").paginate(
                StackStatusFilter=[StackStatus.DELETE_COMPLETE.value]
            )
            return tuple(
                parse_deleted_stack(each) for page in pages for each in page["StackSummaries"]
            )

    def describe_events(self, stack_id: str) -> Iterator[StackEvent]:
        """Yield a stack's events, newest first; a page is fetched when it is reached."""
        with self._doing(f"read the events of {stack_id}") as client:
            pages = client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
            for page in pages:
                yield from map(parse_event, page["StackEvents"])

    def list_resources(self, stack: str) -> tuple[StackResource, ...]:
        """Return the resources of a stack."""
        with self._doing(f"list the resources of {stack}") as client:
            pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
            return tuple(
                parse_resource(each) for page in pages for each in page["StackResourceSummaries"]
            )

    def get_template(self, stack: str) -> Mapping[str, Any] | None:
        """Return a stack's template as JSON values, or None if it is YAML or was never set."""
        with self._doing(f"get the template of {stack}") as client:
            answer = client.get_template(StackName=stack, TemplateStage="Original")
        return parse_template(answer.get("TemplateBody", ""))

    def describe_identifiers(self, resource_types: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Return, for each type that can be imported, the properties that identify a resource.

        Args:
            resource_types: For example ``AWS::S3::Bucket``.

        Raises:
            CloudError: CloudFormation does not know a type.
        """
        resources = {f"Resource{n}": {"Type": each} for n, each in enumerate(resource_types)}
        with self._doing("find out what identifies a resource") as client:
            answer = client.get_template_summary(
                TemplateBody=json.dumps({"Resources": resources}, separators=(",", ":"))
            )
        return parse_identifiers(answer)

    def create_change_set(self, request: ChangeSetRequest) -> ChangeSetId:
        """Ask for a change set; CloudFormation goes on to make it."""
        with self._doing(f"create a change set for {request.stack_name}") as client:
            answer = client.create_change_set(**change_set_arguments(request))
        return ChangeSetId(arn=answer["Id"], stack_id=answer["StackId"])

    def create_stack(self, request: ChangeSetRequest, token: str, *, minutes: int) -> str:
        """Start to create a stack that may take only so long; return its ARN.

        A change set knows no such limit.
        Source: CreateChangeSet and ExecuteChangeSet have no TimeoutInMinutes.

        Args:
            request: The stack, as for the change set that would make it.
            token: Stamped on every event of the operation.
            minutes: How long the creation may take before it has failed.
        """
        with self._doing(f"create the stack {request.stack_name}") as client:
            answer = client.create_stack(**creation_arguments(request, token, minutes))
        return str(answer["StackId"])

    def update_parameters(self, update: ParameterUpdate, token: str) -> bool:
        """Start to update a stack's parameters alone; False where nothing would change.

        Args:
            update: What changes.
            token: Stamped on every event of the operation, at most 128 characters.
        """
        try:
            with self._doing(f"update the stack {update.stack_id}") as client:
                client.update_stack(**update_arguments(update, token))
        except CloudError as error:
            if any(text in error.message for text in NO_CHANGE_TEXTS):
                return False
            raise
        return True

    def get_stack_policy(self, stack: str) -> str:
        """Return a stack's policy as JSON; empty where it has none."""
        with self._doing(f"read the policy of {stack}") as client:
            return str(client.get_stack_policy(StackName=stack).get("StackPolicyBody", ""))

    def set_stack_policy(self, stack: str, body: str) -> None:
        """Give a stack a policy, which binds every update from then on."""
        with self._doing(f"set the policy of {stack}") as client:
            client.set_stack_policy(StackName=stack, StackPolicyBody=body)

    def set_termination_protection(self, stack: str, *, enabled: bool) -> None:
        """Switch a stack's termination protection on or off."""
        with self._doing(f"set the termination protection of {stack}") as client:
            client.update_termination_protection(
                StackName=stack, EnableTerminationProtection=enabled
            )

    def describe_change_set(self, arn: str) -> ChangeSet:
        """Return a change set with all its changes, and values before and after."""
        with self._doing(f"describe the change set {arn}") as client:
            pages = client.get_paginator("describe_change_set").paginate(
                ChangeSetName=arn, IncludePropertyValues=True
            )
            return parse_change_set(pages)

    def execute_change_set(self, arn: str, token: str) -> None:
        """Start what the change set says.

        Args:
            arn: ARN of the change set.
            token: Stamped on every event of the operation, at most 128 characters.
        """
        with self._doing(f"execute the change set {arn}") as client:
            client.execute_change_set(ChangeSetName=arn, ClientRequestToken=token)

    def delete_change_set(self, stack: str, name: str) -> None:
        """Delete a change set; one that is gone already is no error.

        Args:
            stack: Name or ARN of its stack.
            name: Name of the change set.
        """
        try:
            with self._doing(f"delete the change set {name} of {stack}") as client:
                client.delete_change_set(StackName=stack, ChangeSetName=name)
        except CloudError as error:
            # It went with its stack, or with the execution of another change set.
            if error_code(error.__cause__) != "ChangeSetNotFound" and not _is_missing_stack(error):
                raise

    def delete_stack(
        self, stack_id: str, token: str, *, retained: Collection[str] = (), forced: bool = False
    ) -> None:
        """Start to delete a stack; one that is gone already is no error.

        Args:
            stack_id: ARN of the stack, so that no namesake made since is deleted.
            token: Stamped on every event of the operation.
            retained: Logical ids of resources that are left in the account; only those
                that failed to be deleted.
            forced: Whether whatever cannot be deleted is left in the account; only where
                the deletion has failed before.
        """
        request: dict[str, Any] = {"StackName": stack_id, "ClientRequestToken": token}
        if retained:
            request["RetainResources"] = list(retained)
        if forced:
            request["DeletionMode"] = "FORCE_DELETE_STACK"
        with self._doing(f"delete the stack {stack_id}") as client:
            client.delete_stack(**request)

    def cancel_update(self, stack_id: str, token: str) -> None:
        """Start to roll back an update that is under way.

        Args:
            stack_id: ARN of the stack.
            token: Stamped on every event of the operation.
        """
        with self._doing(f"cancel the update of {stack_id}") as client:
            client.cancel_update_stack(StackName=stack_id, ClientRequestToken=token)

    def continue_rollback(
        self, stack_id: str, token: str, *, skipped: Collection[str] = ()
    ) -> None:
        """Start to finish the rollback of an update that failed.

        Args:
            stack_id: ARN of the stack.
            token: Stamped on every event of the operation.
            skipped: Logical ids of resources that are left as they are; only those that
                failed to be rolled back.
        """
        request: dict[str, Any] = {"StackName": stack_id, "ClientRequestToken": token}
        if skipped:
            request["ResourcesToSkip"] = list(skipped)
        with self._doing(f"continue the rollback of {stack_id}") as client:
            client.continue_update_rollback(**request)

    def detect_drift(self, stack: str) -> str:
        """Start to compare a stack's resources with its template; return the detection's id."""
        with self._doing(f"detect the drift of {stack}") as client:
            return str(client.detect_stack_drift(StackName=stack)["StackDriftDetectionId"])

    def describe_drift_detection(self, detection_id: str) -> DriftDetection:
        """Return how far a detection is, and what it found of the stack."""
        with self._doing(f"describe the drift detection {detection_id}") as client:
            return parse_detection(
                client.describe_stack_drift_detection_status(StackDriftDetectionId=detection_id)
            )

    def describe_resource_drifts(self, stack: str) -> tuple[ResourceDrift, ...]:
        """Return the resources of a stack that have drifted, as of the last detection."""
        request: dict[str, Any] = {
            "StackName": stack,
            "StackResourceDriftStatusFilters": [each.value for each in ResourceDriftStatus],
        }
        found: list[ResourceDrift] = []
        with self._doing(f"read the drift of {stack}") as client:
            # botocore has no paginator for it.
            while True:
                answer = client.describe_stack_resource_drifts(**request)
                found += map(parse_resource_drift, answer["StackResourceDrifts"])
                if not (token := answer.get("NextToken")):
                    return tuple(found)
                request["NextToken"] = token

    def _doing(self, what: str) -> AbstractContextManager[Any]:
        return calling(self._clients, "cloudformation", what)


def _is_missing_stack(error: CloudError) -> bool:
    return error_code(error.__cause__) == "ValidationError" and MISSING_STACK_TEXT in error.message
