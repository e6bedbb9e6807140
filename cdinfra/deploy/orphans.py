"""Finds resources that carry the app's tags and that no stack owns.

Such are left behind by a stack that was deleted and had to retain them, by a deletion that
failed, or by somebody's hand. Nothing is deleted here: for each the commands are told that
import it into a stack or delete it.
"""

import shlex
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from cdinfra.aws.cloud import Aws, StackApi
from cdinfra.aws.hosts import STACK_NAME_TAG
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackDescription, StackResource
from cdinfra.aws.tagged_resources import TaggedResource
from cdinfra.deploy.observe import PARALLEL_READS, Observed
from cdinfra.deploy.ownership import (
    LOGICAL_ID_TAG,
    STACK_ID_TAG,
    Ownership,
    StackResources,
)
from cdinfra.deploy.resource_kinds import kind_of, parse_arn
from cdinfra.events import Notice, OnEvent
from cdinfra.model import StackTemplate
from cdinfra.model.data_types import DATA_TYPES

_GONE = frozenset({StackStatus.DELETE_COMPLETE, StackStatus.REVIEW_IN_PROGRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A resource that carries the app's tags and that no stack owns.

    Attributes:
        arn: ARN.
        resource_type: CloudFormation's name of its type; empty where that is not known.
        identifier: Its id; the ARN where the type is not known.
        why: Why no stack owns it.
        holds_data: Whether people's data is lost with it.
        is_described: Whether ``infra.py`` describes it, so that it can be imported as it is.
        import_command: The command line that imports it; in capitals what has to be filled in.
        delete_command: The command line that deletes it; empty where none is known.
        tags: Its tags.
    """

    arn: str
    resource_type: str
    identifier: str
    why: str
    holds_data: bool
    is_described: bool
    import_command: str
    delete_command: str
    tags: Mapping[str, str] = field(default_factory=dict)


def describe_orphans(
    aws: Aws,
    observed: Observed,
    templates: tuple[StackTemplate, ...],
    *,
    options: tuple[str, ...],
    on_event: OnEvent,
) -> tuple[Orphan, ...]:
    """Read what carries the app's tags and what its stacks have, and return the difference.

    Args:
        aws: The cloud.
        observed: What exists of the app.
        templates: The stacks that ``infra.py`` describes.
        options: Words that each import command gets, such as ``--env staging``.
        on_event: Told which stacks are at work, and may delete something yet.

    Raises:
        CloudError: The cloud cannot be asked.
    """
    for each in observed.stacks.values():
        if each.description.status.is_running:
            busy = f"{each.description.name} is {each.description.status}"
            on_event(Notice(message=f"{busy}: what it still deletes is shown too"))
    tagged = aws.tagged_resources.describe_tagged(observed.app, observed.env)
    if not tagged:
        return ()
    own = {each.description.stack_id: each.description for each in observed.stacks.values()}
    # Those of nested stacks, and those that are deleted, are known by what they left alone.
    others = [each.tags[STACK_ID_TAG] for each in tagged if STACK_ID_TAG in each.tags]
    ownership = Ownership(
        stacks=_stack_resources(aws.stacks, {**dict.fromkeys(others), **own}),
        hosts=aws.hosts.describe_hosts(observed.app, observed.env),
    )
    found = ((each, ownership.why_orphan(each)) for each in tagged)
    free = _Places(templates=templates, ownership=ownership)
    return tuple(_orphan(each, why, free, options) for each, why in found if why)


def _stack_resources(
    stacks: StackApi, known: Mapping[str, StackDescription | None]
) -> StackResources:
    def resources(stack_id: str) -> tuple[StackResource, ...] | None:
        described = known[stack_id] or stacks.describe_stack(stack_id)
        if described is None or described.status in _GONE:
            return None
        return tuple(each for each in stacks.list_resources(stack_id) if each.is_owned)

    ids = tuple(known)
    with ThreadPoolExecutor(max_workers=PARALLEL_READS) as pool:
        return dict(zip(ids, pool.map(resources, ids), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where ``infra.py`` describes resources that its stacks do not have."""

    templates: tuple[StackTemplate, ...]
    ownership: Ownership

    def of(
        self, resource: TaggedResource, resource_type: str, identifier: str
    ) -> Iterator[tuple[str, str]]:
        """Yield stack and logical id, found by the resource's tags or by its own name."""
        tagged = (resource.tags.get(STACK_NAME_TAG), resource.tags.get(LOGICAL_ID_TAG))
        for template in self.templates:
            resources: Mapping[str, Any] = template.document.get("Resources", {})
            for logical_id, definition in resources.items():
                is_named = identifier in definition.get("Properties", {}).values()
                is_meant = is_named or tagged == (template.stack_name, logical_id)
                if (
                    is_meant
                    and definition["Type"] == resource_type
                    and self.ownership.has_place(template.stack_name, logical_id)
                ):
                    yield template.name, logical_id


def _orphan(
    resource: TaggedResource,
    why: str,
    free: _Places,
    options: tuple[str, ...],
) -> Orphan:
    arn = parse_arn(resource.arn)
    kind, identifier = kind_of(arn)
    places = tuple(free.of(resource, kind.type_name, identifier))
    stack, logical_id = places[0] if len(places) == 1 else ("STACK", "LOGICAL_ID")
    words = ["cdinfra", "import", stack, f"{logical_id}={identifier}", *options]
    return Orphan(
        arn=resource.arn,
        resource_type=kind.type_name,
        identifier=identifier,
        why=why,
        holds_data=kind.type_name in DATA_TYPES,
        is_described=len(places) == 1,
        import_command=shlex.join(words),
        delete_command=kind.deletion_command(arn, identifier) if kind.deletion else "",
        tags=resource.tags,
    )
