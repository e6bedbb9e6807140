"""What a template is resolved for, and what comes out of it at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdinfra.local.cloudformation.parameters import ParameterValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The stack that a template is resolved for.

    Attributes:
        stack_name: Name of the stack.
        stack_id: ARN of the stack.
        region: The stack's region.
        account: 12 digits.
        partition: For example ``aws``.
        url_suffix: For example ``amazonaws.com``.
        notification_arns: The stack's notification topics.
        zones: The region's availability zones.
        parameters: Every parameter of the template.
        exports: Every export of the account and region, by name.
    """

    stack_name: str
    stack_id: str
    region: str
    account: str
    partition: str = "aws"
    url_suffix: str = "amazonaws.com"
    notification_arns: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputValue:
    """One output of a stack.

    Attributes:
        export_name: Name that other stacks import it by; None where it is not exported.
    """

    key: str
    value: str
    description: str | None = None
    export_name: str | None = None
