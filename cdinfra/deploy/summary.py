"""A stack in one line: what is wanted beside what is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cdinfra.aws.account import Account
from cdinfra.deploy.locations import AT
from cdinfra.deploy.observe import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSummary:
    """One stack of an app, wanted or deployed or both.

    Attributes:
        stack: Name within the app.
        stack_name: CloudFormation name; the ARN where another stack of that name is wanted.
        status: CloudFormation status; empty where it is not deployed.
        reason: Why it has that status; else empty.
        in_app: Whether ``infra.py`` has it.
        created_at: When it was made; None where it is not deployed.
        updated_at: When it was last changed; None where it never was.
        drift: ``IN_SYNC``, ``DRIFTED`` or ``NOT_CHECKED``; empty where it is not deployed.
        outputs: Its outputs.
        location: Its region and account; None where the app is in one place.
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
    location: Account | None = None


def summarize(name: str, wanted: Mapping[str, str], observed: Observed) -> StackSummary:
    """Return the summary of a stack.

    Args:
        name: Name within the app.
        wanted: CloudFormation names of the stacks that ``infra.py`` has, by name.
        observed: What exists.
    """
    if name not in observed.stacks:
        place = observed.locations.get(name)
        return StackSummary(stack=name, stack_name=wanted[name], location=place)
    description = observed.stacks[name].description
    return StackSummary(
        stack=name,
        stack_name=description.stack_id if AT in name else description.name,
        status=description.status,
        reason=description.reason,
        in_app=name in wanted,
        created_at=description.created_at,
        updated_at=description.updated_at,
        drift=description.drift,
        outputs=description.outputs,
        location=observed.stacks[name].location,
    )
