"""CloudFormation of a real local cloud over HTTP, with names of the test's own."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from cdinfra.aws.connection import Clients
from cdinfra.local.process import LocalCloud

POLL_SECONDS = 0.02
DEADLINE_SECONDS = 60.0


@dataclass
class Stacks:
    """CloudFormation's API, and waits for the ends of operations."""

    clients: Clients
    local_cloud: LocalCloud
    made: list[str] = field(default_factory=list)

    @property
    def api(self) -> Any:
        return self.clients.client("cloudformation")

    def name(self) -> str:
        name = f"t{uuid4().hex[:12]}"
        self.made.append(name)
        return name

    def create(self, resources: Any, **given: Any) -> Any:
        """Create a stack of a new name; return it at its end."""
        name = self.name()
        sections = given.pop("sections", {})
        body = json.dumps({"Resources": resources, **sections})
        stack_id = self.api.create_stack(StackName=name, TemplateBody=body, **given)["StackId"]
        return self.ended(stack_id)

    def update(self, name: str, resources: Any, **given: Any) -> Any:
        """Update a stack; return it at its end."""
        sections = given.pop("sections", {})
        body = json.dumps({"Resources": resources, **sections})
        self.api.update_stack(StackName=name, TemplateBody=body, **given)
        return self.ended(name)

    def delete(self, stack_id: str) -> Any:
        """Delete a stack; return it at its end."""
        self.api.delete_stack(StackName=stack_id)
        return self.ended(stack_id)

    def ended(self, name: str) -> Any:
        """Return a stack once no operation on it is under way."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            stack = self.api.describe_stacks(StackName=name)["Stacks"][0]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                return stack
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"{name} is still {stack['StackStatus']}")

    def told(self, name: str) -> list[tuple[str, str, str]]:
        """Return ``(logical id, status, reason)`` of the events, oldest first."""
        pages = self.api.get_paginator("describe_stack_events").paginate(StackName=name)
        events = [event for page in pages for event in page["StackEvents"]]
        return [
            (
                event["LogicalResourceId"],
                event["ResourceStatus"],
                event.get("ResourceStatusReason", ""),
            )
            for event in reversed(events)
        ]

    def physical_ids(self, name: str) -> dict[str, str]:
        listed = self.api.list_stack_resources(StackName=name)["StackResourceSummaries"]
        return {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in listed}


@pytest.fixture
def stacks(clients: Callable[..., Clients], local_cloud: LocalCloud) -> Iterator[Stacks]:
    made = Stacks(clients=clients(), local_cloud=local_cloud)
    yield made
    local_cloud.control.clear_faults()
    for name in made.made:
        made.api.delete_stack(StackName=name)
