"""The arguments of the calls that make and change stacks, as CloudFormation names them; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


CAPABILITIES = ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
"""What a deployed template may need; it was acknowledged when it was deployed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterUpdate:
    """An update of a stack that changes values alone; tags and settings stay as they are.

    Attributes:
        stack_id: ARN of the stack.
        parameters: The values that change.
        retained: Parameters that keep the value which the stack has.
        body: The template; empty for the deployed one, unless ``template_url`` is given.
        template_url: Where the template lies, when it is too large to send.
    """

    stack_id: str
    parameters: Mapping[str, str] = field(repr=False)
    retained: tuple[str, ...] = ()
    body: str = ""
    template_url: str = ""


def update_arguments(update: ParameterUpdate, token: str) -> dict[str, Any]:
    """Return what UpdateStack is called with.

    Args:
        update: What changes.
        token: Stamped on every event of the operation.
    """
    if update.template_url:
        template: dict[str, Any] = {"TemplateURL": update.template_url}
    else:
        template = {"TemplateBody": update.body} if update.body else {"UsePreviousTemplate": True}
    return {
        "StackName": update.stack_id,
        "Parameters": _parameters(update.parameters, update.retained),
        "Capabilities": list(CAPABILITIES),
        "ClientRequestToken": token,
        **template,
    }


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
    template = (
        {"TemplateURL": request.template_url}
        if request.template_url
        else {"TemplateBody": request.body}
    )
    return {
        "StackName": request.stack_name,
        "Parameters": _parameters(request.parameters, request.retained),
        "Tags": [{"Key": key, "Value": value} for key, value in request.tags.items()],
        "Capabilities": list(request.capabilities),
        **_settings_arguments(request.settings, request.deployed_settings),
        **template,
    }


def _parameters(values: Mapping[str, str], retained: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        *({"ParameterKey": key, "ParameterValue": value} for key, value in values.items()),
        *({"ParameterKey": key, "UsePreviousValue": True} for key in retained),
    ]


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
