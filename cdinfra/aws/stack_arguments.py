"""The arguments of the calls that make and change stacks, as CloudFormation names them; pure."""

from typing import Any

from cdinfra.aws.change_set import ChangeSetRequest, ChangeSetType, ResourceToImport
from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.model import OnFailure

ALARM_TYPE = "AWS::CloudWatch::Alarm"

_ON_FAILURE = {
    OnFailure.ROLL_BACK: "ROLLBACK",
    OnFailure.KEEP: "DO_NOTHING",
    OnFailure.DELETE: "DELETE",
}
"""Source: CreateChangeSet, parameter OnStackFailure; CreateStack, parameter OnFailure."""


def change_set_arguments(request: ChangeSetRequest) -> dict[str, Any]:
    """Return what CreateChangeSet is called with."""
    return {
        **_stack_arguments(request),
        "ChangeSetName": request.name,
        # Lets botocore ask again when an answer was lost.
        "ClientToken": request.name,
        "ChangeSetType": request.kind.value,
        **({"OnStackFailure": word} if (word := _on_failure(request)) else {}),
        **(
            {"ResourcesToImport": list(map(_to_import, request.imports))} if request.imports else {}
        ),
    }


def _to_import(resource: ResourceToImport) -> dict[str, Any]:
    return {
        "LogicalResourceId": resource.logical_id,
        "ResourceType": resource.resource_type,
        "ResourceIdentifier": dict(resource.identifier),
    }


def creation_arguments(request: ChangeSetRequest, token: str, minutes: int) -> dict[str, Any]:
    """Return what CreateStack is called with.

    Args:
        request: The stack.
        token: Stamped on every event of the operation.
        minutes: How long the creation may take.
    """
    return {
        **_stack_arguments(request),
        "ClientRequestToken": token,
        "TimeoutInMinutes": minutes,
        **({"OnFailure": word} if (word := _on_failure(request)) else {}),
    }


def _stack_arguments(request: ChangeSetRequest) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in request.parameters.items()
    ]
    parameters += [{"ParameterKey": key, "UsePreviousValue": True} for key in request.retained]
    template = (
        {"TemplateURL": request.template_url}
        if request.template_url
        else {"TemplateBody": request.body}
    )
    return {
        "StackName": request.stack_name,
        "Parameters": parameters,
        "Tags": [{"Key": key, "Value": value} for key, value in request.tags.items()],
        "Capabilities": list(request.capabilities),
        **_settings_arguments(request.settings, request.deployed_settings),
        **template,
    }


def _settings_arguments(wanted: OperationSettings, deployed: OperationSettings) -> dict[str, Any]:
    """Return the settings; what is not passed stays, and what is passed empty is taken away."""
    arguments: dict[str, Any] = {}
    if wanted.role_arn:
        arguments["RoleARN"] = wanted.role_arn
    if wanted.notification_arns or deployed.notification_arns:
        arguments["NotificationARNs"] = list(wanted.notification_arns)
    before = (deployed.rollback_alarms, deployed.monitoring_minutes)
    after = (wanted.rollback_alarms, wanted.monitoring_minutes)
    if any((*before, *after)):
        triggers = [{"Arn": arn, "Type": ALARM_TYPE} for arn in wanted.rollback_alarms]
        arguments["RollbackConfiguration"] = {
            "RollbackTriggers": triggers,
            "MonitoringTimeInMinutes": wanted.monitoring_minutes,
        }
    return arguments


def _on_failure(request: ChangeSetRequest) -> str:
    if request.on_failure is None:
        return ""
    if request.on_failure == OnFailure.DELETE and request.kind is not ChangeSetType.CREATE:
        return ""
    return _ON_FAILURE[request.on_failure]
