"""A stack in one line: what is wanted beside what is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cdinfra.deploy.observe import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSummary:
    """One stack of an app, wanted or deployed or both.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name.
        status: CloudFormation status; empty where it is not deployed.
        reason: Why it has that status; else empty.
        in_app: Whether ``infra.py`` has it.
        created_at: When it was made; None where it is not deployed.
        updated_at: When it was last changed; None where it never was.
        drift: ``IN_SYNC``, ``DRIFTED`` or ``NOT_CHECKED``; empty where it is not deployed.
        outputs: Its outputs.
    """

    stack: str
    stack_name: str
    status: str = ""
    reason: str = ""
    in_app: bool = True
    created_at: datetime | None = None
    updated_at: datetime | None = None
    drift: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)


def summarize(name: str, wanted: Mapping[str, str], observed: Observed) -> StackSummary:
    """Return the summary of a stack.

    Args:
        name: Name within the app.
        wanted: CloudFormation names of the stacks that ``infra.py`` has, by name.
        observed: What exists.
    """
    if name not in observed.stacks:
        return StackSummary(stack=name, stack_name=wanted[name])
    description = observed.stacks[name].description
    return StackSummary(
        stack=name,
        stack_name=description.name,
        status=description.status,
        reason=description.reason,
        in_app=name in wanted,
        created_at=description.created_at,
        updated_at=description.updated_at,
        drift=description.drift,
        outputs=description.outputs,
    )
