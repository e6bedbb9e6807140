"""Works out the change sets of the fake CloudFormation; pure."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cdinfra.aws.change_set import (
    ChangeAction,
    ChangeSet,
    ChangeSetRequest,
    ChangeSetStatus,
    ChangeSetType,
    Replacement,
    ResourceChange,
)
from cdinfra.aws.fake_stack import FakeStack
from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.aws.template_changes import template_changes

EMPTY = "The submitted information didn't contain changes."


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeChangeSet:
    """A change set that was worked out.

    Attributes:
        request: What it was asked for.
        document: The template.
        parameters: The values, with the defaults and those that were kept.
        shown: What describing it shows.
    """

    request: ChangeSetRequest
    document: Mapping[str, Any]
    parameters: Mapping[str, str]
    shown: ChangeSet


def work_out(
    shown: ChangeSet,
    stack: FakeStack,
    request: ChangeSetRequest,
    ssm_values: Mapping[str, str],
    replaced_types: Collection[str],
) -> MadeChangeSet:
    """Return what a change set would do with a stack.

    Args:
        shown: The change set so far.
        stack: The stack.
        request: What is asked for, with the template's text.
        ssm_values: What SSM parameters hold.
        replaced_types: Types of resources that any change replaces.
    """
    document = json.loads(request.body)
    kept = {name: stack.parameters[name] for name in request.retained}
    declared = document.get("Parameters", {})
    defaults = {name: str(each["Default"]) for name, each in declared.items() if "Default" in each}
    parameters = {**defaults, **request.parameters, **kept}
    before = {} if request.kind is ChangeSetType.CREATE else stack.document
    if missing := sorted(declared.keys() - parameters.keys()):
        reason = f"Parameters: [{', '.join(missing)}] must have values"
        shown = replace(shown, status=ChangeSetStatus.FAILED, reason=reason)
    elif _same(stack, request, document, parameters) and stack.resolved == resolved(
        document, parameters, ssm_values
    ):
        shown = replace(shown, status=ChangeSetStatus.FAILED, reason=EMPTY, is_empty=True)
    else:
        changes = (_decided(each, replaced_types) for each in template_changes(before, document))
        shown = replace(shown, changes=tuple(_imported(each, request) for each in changes))
    return MadeChangeSet(request=request, document=document, parameters=parameters, shown=shown)


def _decided(change: ResourceChange, replaced_types: Collection[str]) -> ResourceChange:
    if change.action is not ChangeAction.MODIFY:
        return change
    replaced = change.resource_type in replaced_types
    replacement = Replacement.ALWAYS if replaced else Replacement.NEVER
    properties = tuple(replace(each, replacement=replacement) for each in change.properties)
    return replace(change, replacement=replacement, properties=properties)


def _imported(change: ResourceChange, request: ChangeSetRequest) -> ResourceChange:
    for each in request.imports:
        if each.logical_id == change.logical_id:
            physical_id = "|".join(each.identifier.values())
            return replace(change, action=ChangeAction.IMPORT, physical_id=physical_id)
    return change


def resolved(
    document: Mapping[str, Any], parameters: Mapping[str, str], ssm_values: Mapping[str, str]
) -> dict[str, str]:
    """Return the values that a template's parameters of SSM types hold.

    Args:
        document: The template.
        parameters: Its values.
        ssm_values: What SSM parameters hold.
    """
    return {
        name: ssm_values.get(parameters[name], "")
        for name, each in document.get("Parameters", {}).items()
        if each["Type"].startswith("AWS::SSM::Parameter::Value<") and name in parameters
    }


def kept_role(before: OperationSettings, after: OperationSettings) -> OperationSettings:
    """Return settings as a stack has them: a role once given stays."""
    return replace(after, role_arn=after.role_arn or before.role_arn)


def _same(
    stack: FakeStack,
    request: ChangeSetRequest,
    document: Mapping[str, Any],
    parameters: Mapping[str, str],
) -> bool:
    # Another role alone is no change.
    settings = replace(request.settings, role_arn=stack.settings.role_arn)
    before = (stack.document, dict(stack.parameters), dict(stack.tags), stack.settings)
    return before == (document, dict(parameters), dict(request.tags), settings)
