"""How the API shows stacks, resources and events."""

from collections.abc import Mapping
from typing import Any

from cdinfra.local.cloudformation.events import StackEvent
from cdinfra.local.cloudformation.intrinsics import MASK
from cdinfra.local.cloudformation.parameters import ParameterValue
from cdinfra.local.cloudformation.state import Stack, StackResource

View = dict[str, Any]


def without_empty(view: View) -> View:
    """Return a view without the members that are not set."""
    return {name: value for name, value in view.items() if value not in (None, "")}


def show_parameters(parameters: Mapping[str, ParameterValue]) -> list[View]:
    """Return parameters as ``DescribeStacks`` shows them.

    Args:
        parameters: By name.
    """
    return [
        without_empty(
            {
                "ParameterKey": one.name,
                "ParameterValue": MASK if one.no_echo else one.value,
                "ResolvedValue": None if one.no_echo else one.resolved,
            }
        )
        | ({} if one.value or one.no_echo else {"ParameterValue": ""})
        for one in parameters.values()
    ]


def show_tags(tags: Mapping[str, str]) -> list[View]:
    """Return tags as lists of the API show them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def show_stack(stack: Stack) -> View:
    """Return a stack as ``DescribeStacks`` shows it.

    Args:
        stack: The stack.
    """
    version = stack.version
    view = _stack_head(stack) | {
        "ChangeSetId": stack.change_set_id,
        "DisableRollback": stack.disable_rollback,
        "RetainExceptOnCreate": stack.retain_except_on_create or None,
        "DeletionMode": stack.deletion_mode,
        "TimeoutInMinutes": stack.timeout_minutes,
        "EnableTerminationProtection": stack.termination_protection,
        "RollbackConfiguration": dict(version.rollback_configuration) if version else {},
        "NotificationARNs": list(version.notification_arns) if version else [],
        "Tags": show_tags(version.tags) if version else [],
        "Description": version.template.description if version else None,
        "RoleARN": version.role_arn if version else None,
    }
    if version and version.parameters:
        view["Parameters"] = show_parameters(version.parameters)
    if version and version.capabilities:
        view["Capabilities"] = list(version.capabilities)
    if stack.outputs:
        view["Outputs"] = [
            without_empty(
                {
                    "OutputKey": output.key,
                    "OutputValue": output.value,
                    "Description": output.description,
                    "ExportName": output.export_name,
                }
            )
            for output in stack.outputs
        ]
    return without_empty(view)


def show_stack_summary(stack: Stack) -> View:
    """Return a stack as ``ListStacks`` shows it.

    Args:
        stack: The stack.
    """
    version = stack.version
    return without_empty(
        _stack_head(stack)
        | {"TemplateDescription": version.template.description if version else None}
    )


def _stack_head(stack: Stack) -> View:
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "ParentId": stack.parent_id,
        "RootId": stack.root_id,
        "CreationTime": stack.created_at,
        "LastUpdatedTime": stack.updated_at,
        "DeletionTime": stack.deleted_at,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DriftInformation": without_empty(
            {
                "StackDriftStatus": stack.drift_status,
                "LastCheckTimestamp": stack.drift_checked_at,
            }
        ),
        "LastOperations": [
            {"OperationType": kind, "OperationId": operation_id}
            for kind, operation_id in stack.last_operations
        ],
    }


def show_event(event: StackEvent) -> View:
    """Return an event as ``DescribeStackEvents`` shows it.

    Args:
        event: The event.
    """
    return without_empty(
        {
            "EventId": event.event_id,
            "StackId": event.stack_id,
            "StackName": event.stack_name,
            "OperationId": event.operation_id,
            "LogicalResourceId": event.logical_id,
            "ResourceType": event.resource_type,
            "Timestamp": event.timestamp,
            "ResourceStatus": event.status,
            "ResourceStatusReason": event.reason,
            "ResourceProperties": event.properties,
            "ClientRequestToken": event.token,
        }
    ) | {"PhysicalResourceId": event.physical_id}


def show_resource(stack: Stack, resource: StackResource, time_member: str) -> View:
    """Return a resource as the API shows it.

    Args:
        stack: Its stack.
        resource: The resource.
        time_member: ``Timestamp`` or ``LastUpdatedTimestamp``, as the call has it.
    """
    drift = resource.drift
    return without_empty(
        {
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "LogicalResourceId": resource.logical_id,
            "PhysicalResourceId": resource.physical_id,
            "ResourceType": resource.resource_type,
            time_member: resource.updated_at,
            "ResourceStatus": resource.status,
            "ResourceStatusReason": resource.reason,
            "DriftInformation": without_empty(
                {
                    "StackResourceDriftStatus": drift.status if drift else "NOT_CHECKED",
                    "LastCheckTimestamp": drift.checked_at if drift else None,
                }
            ),
        }
    )
