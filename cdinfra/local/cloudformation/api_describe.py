"""The calls that tell how stacks, resources and events are."""

import json
from types import MappingProxyType

from cdinfra.local.cloudformation.api_call import Answer, Call, Handler, page, page_backwards
from cdinfra.local.cloudformation.api_error import ApiError, stack_missing
from cdinfra.local.cloudformation.api_views import (
    View,
    show_event,
    show_resource,
    show_stack,
    show_stack_summary,
)
from cdinfra.local.cloudformation.events import STACK_TYPE, StackEvent
from cdinfra.local.cloudformation.lookups import exports_of, importers_of
from cdinfra.local.cloudformation.run import build_resolver
from cdinfra.local.cloudformation.stack_lookup import check_name, existing_stack
from cdinfra.local.cloudformation.state import Stack, StackResource


def describe_stacks(call: Call) -> Answer:
    """DescribeStacks."""
    name = call.text("StackName")
    with call.state.lock:
        if not name:
            answer = page_backwards(call, "Stacks", tuple(call.state.living()))
            return answer | {"Stacks": [show_stack(one) for one in answer["Stacks"]]}
        check_name(name)
        stack = call.state.find(name)
        if stack is None:
            raise stack_missing(name)
        return {"Stacks": [show_stack(stack)]}


def list_stacks(call: Call) -> Answer:
    """ListStacks."""
    wanted = frozenset(call.given.get("StackStatusFilter", ()))
    with call.state.lock:
        stacks = [one for one in call.state.stacks.values() if not wanted or one.status in wanted]
        answer = page_backwards(call, "StackSummaries", stacks)
        return answer | {
            "StackSummaries": [show_stack_summary(one) for one in answer["StackSummaries"]]
        }


def describe_stack_events(call: Call) -> Answer:
    """DescribeStackEvents."""
    with call.state.lock:
        stack = existing_stack(call.state, call.text("StackName"))
        answer = page_backwards(call, "StackEvents", stack.events)
    return answer | {"StackEvents": [show_event(one) for one in answer["StackEvents"]]}


def describe_events(call: Call) -> Answer:
    """DescribeEvents: the events of one operation, or of a stack."""
    operation_id = call.text("OperationId")
    failed_only = bool(call.given.get("Filters", {}).get("FailedEvents"))
    with call.state.lock:
        stacks = tuple(call.state.stacks.values())
        if call.text("StackName"):
            stacks = (existing_stack(call.state, call.text("StackName")),)
        events = [
            event
            for stack in stacks
            for event in stack.events
            if (not operation_id or event.operation_id == operation_id)
            and (not failed_only or event.status.endswith("FAILED"))
        ]
    answer = page_backwards(call, "OperationEvents", events)
    return answer | {
        "OperationEvents": [_operation_event(one) for one in answer["OperationEvents"]]
    }


def _operation_event(event: StackEvent) -> View:
    shown = show_event(event)
    shown.pop("StackName")
    failed = event.status.endswith("FAILED") and event.resource_type != STACK_TYPE
    return shown | {
        "EventType": "PROVISIONING_ERROR" if failed else "STACK_EVENT",
        "StartTime": event.timestamp,
    }


def describe_stack_resource(call: Call) -> Answer:
    """DescribeStackResource."""
    logical_id = call.text("LogicalResourceId")
    with call.state.lock:
        stack = _stack_of(call)
        resource = stack.resources.get(logical_id)
        if resource is None:
            raise ApiError(f"Resource {logical_id} does not exist for stack {stack.name}")
        detail = show_resource(stack, resource, "LastUpdatedTimestamp")
    metadata = resource.definition.metadata
    if metadata and stack.version is not None:
        resolver = build_resolver(call.engine.services, call.state, stack, stack.version)
        detail["Metadata"] = json.dumps(resolver.masked().show(metadata))
    return {"StackResourceDetail": detail}


def describe_stack_resources(call: Call) -> Answer:
    """DescribeStackResources."""
    physical_id, logical_id = call.text("PhysicalResourceId"), call.text("LogicalResourceId")
    with call.state.lock:
        if not call.text("StackName") and not physical_id:
            raise ApiError("Either StackName or PhysicalResourceId must be specified")
        stack = _stack_of(call) if call.text("StackName") else _owner(call, physical_id)
        return {
            "StackResources": [
                show_resource(stack, one, "Timestamp")
                for one in _sorted(stack)
                if not logical_id or one.logical_id == logical_id
                if not physical_id or one.physical_id == physical_id
            ]
        }


def list_stack_resources(call: Call) -> Answer:
    """ListStackResources."""
    with call.state.lock:
        stack = _stack_of(call)
        answer = page(call, "StackResourceSummaries", _sorted(stack))
        return answer | {
            "StackResourceSummaries": [
                show_resource(stack, one, "LastUpdatedTimestamp")
                for one in answer["StackResourceSummaries"]
            ]
        }


def list_exports(call: Call) -> Answer:
    """ListExports."""
    exports = sorted(exports_of(call.state).items())
    return page(
        call,
        "Exports",
        [
            {"ExportingStackId": stack.stack_id, "Name": name, "Value": value}
            for name, (stack, value) in exports
        ],
    )


def list_imports(call: Call) -> Answer:
    """ListImports."""
    name = call.text("ExportName")
    if name not in exports_of(call.state):
        raise ApiError(f"Export '{name}' does not exist.")
    importers = [stack.name for stack in importers_of(call.state, name)]
    if not importers:
        raise ApiError(f"Export '{name}' is not imported by any stack.")
    return page(call, "Imports", importers)


def _stack_of(call: Call) -> Stack:
    name = call.text("StackName")
    stack = call.state.find(name)
    if stack is None:
        raise stack_missing(name)
    return stack


def _owner(call: Call, physical_id: str) -> Stack:
    for stack in call.state.living():
        if any(one.physical_id == physical_id for one in stack.resources.values()):
            return stack
    raise ApiError(f"Stack for {physical_id} does not exist")


def _sorted(stack: Stack) -> list[StackResource]:
    return sorted(stack.resources.values(), key=lambda one: one.logical_id)


HANDLERS: MappingProxyType[str, Handler] = MappingProxyType(
    {
        "DescribeStacks": describe_stacks,
        "ListStacks": list_stacks,
        "DescribeStackEvents": describe_stack_events,
        "DescribeEvents": describe_events,
        "DescribeStackResource": describe_stack_resource,
        "DescribeStackResources": describe_stack_resources,
        "ListStackResources": list_stack_resources,
        "ListExports": list_exports,
        "ListImports": list_imports,
    }
)
