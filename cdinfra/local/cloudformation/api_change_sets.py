"""The calls about change sets."""

from types import MappingProxyType

from cdinfra.local.cloudformation.api_call import Answer, Call, Handler, page
from cdinfra.local.cloudformation.api_views import (
    View,
    show_parameters,
    show_tags,
    without_empty,
)
from cdinfra.local.cloudformation.change_set import ChangeSet
from cdinfra.local.cloudformation.change_sets import (
    change_sets_of,
    create_change_set,
    delete_change_set,
    execute_change_set,
    find_change_set,
)
from cdinfra.local.cloudformation.changes import ResourceChange
from cdinfra.local.cloudformation.differences import PropertyChange
from cdinfra.local.cloudformation.stack_lookup import existing_stack
from cdinfra.local.cloudformation.tokens import once


def create(call: Call) -> Answer:
    """CreateChangeSet."""
    token = call.text("ClientToken")
    if token:
        for one in tuple(call.state.change_sets.values()):
            if one.token == token and one.name == call.text("ChangeSetName"):
                return {"Id": one.change_set_id, "StackId": one.stack_id}
    change_set = create_change_set(call.engine, call.state, call.given)
    return {"Id": change_set.change_set_id, "StackId": change_set.stack_id}


def describe(call: Call) -> Answer:
    """DescribeChangeSet."""
    change_set = find_change_set(call.state, call.given)
    values = bool(call.given.get("IncludePropertyValues"))
    changes = [
        {"Type": "Resource", "ResourceChange": show_change(one, values=values)}
        for one in change_set.changes
    ]
    changes += [
        {
            "Type": "Resource",
            "ResourceChange": {
                "Action": "Import",
                "LogicalResourceId": one.logical_id,
                "PhysicalResourceId": one.physical_id,
                "ResourceType": one.resource_type,
                "Scope": [],
                "Details": [],
            },
        }
        for one in change_set.imports
    ]
    version = change_set.version
    view = _summary(change_set) | {
        "NotificationARNs": list(version.notification_arns),
        "RollbackConfiguration": dict(version.rollback_configuration),
        "Capabilities": list(version.capabilities),
        "OnStackFailure": change_set.settings.get("OnStackFailure"),
    }
    if version.parameters:
        view["Parameters"] = show_parameters(version.parameters)
    if version.tags:
        view["Tags"] = show_tags(version.tags)
    return without_empty(view) | page(call, "Changes", changes)


def list_all(call: Call) -> Answer:
    """ListChangeSets."""
    stack = existing_stack(call.state, call.text("StackName"))
    found = [without_empty(_summary(one)) for one in change_sets_of(call.state, stack)]
    return page(call, "Summaries", found)


def execute(call: Call) -> Answer:
    """ExecuteChangeSet."""
    stack_id = find_change_set(call.state, call.given).stack_id
    once(
        call.state,
        "ExecuteChangeSet",
        stack_id,
        call.given,
        lambda: execute_change_set(call.engine, call.state, call.given),
    )
    return {}


def delete(call: Call) -> Answer:
    """DeleteChangeSet."""
    delete_change_set(call.state, call.given)
    return {}


def show_change(change: ResourceChange, *, values: bool) -> View:
    """Return a resource's change as ``DescribeChangeSet`` shows it.

    Args:
        change: The change.
        values: Whether with the values before and after.
    """
    details = [_show_detail(one, values=values) for one in change.details]
    return without_empty(
        {
            "PolicyAction": change.policy_action,
            "Action": change.action,
            "LogicalResourceId": change.logical_id,
            "PhysicalResourceId": change.physical_id,
            "ResourceType": change.resource_type,
            "Replacement": change.replacement,
            "Scope": list(change.scope),
            "Details": details if values else _unique(details),
            "BeforeContext": change.before_context if values else None,
            "AfterContext": change.after_context if values else None,
        }
    )


def _show_detail(change: PropertyChange, *, values: bool) -> View:
    target: View = {
        "Attribute": change.attribute,
        "Name": change.name,
        "RequiresRecreation": change.requires_recreation,
    }
    shown = without_empty(target)
    if values:
        given = {"BeforeValue": change.before, "AfterValue": change.after}
        shown |= {
            "Path": change.pointer,
            "AttributeChangeType": change.change_type,
            **{name: value for name, value in given.items() if value is not None},
        }
    return without_empty(
        {
            "Target": shown,
            "Evaluation": change.evaluation,
            "ChangeSource": change.change_source,
            "CausingEntity": change.causing_entity,
        }
    )


def _unique(details: list[View]) -> list[View]:
    """Without values, several changes within one property are one."""
    kept: list[View] = []
    for detail in details:
        if detail not in kept:
            kept.append(detail)
    return kept


def _summary(change_set: ChangeSet) -> View:
    return {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.change_set_id,
        "StackId": change_set.stack_id,
        "StackName": change_set.stack_name,
        "Description": change_set.description,
        "CreationTime": change_set.created_at,
        "ExecutionStatus": change_set.execution_status,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "IncludeNestedStacks": bool(change_set.settings.get("IncludeNestedStacks")),
    }


HANDLERS: MappingProxyType[str, Handler] = MappingProxyType(
    {
        "CreateChangeSet": create,
        "DescribeChangeSet": describe,
        "ListChangeSets": list_all,
        "ExecuteChangeSet": execute,
        "DeleteChangeSet": delete,
    }
)
