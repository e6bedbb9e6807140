"""What CloudFormation goes by in every operation on a stack, as it keeps it with the stack."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSettings:
    """Settings that a change set carries, and that DescribeStacks shows.

    Attributes:
        role_arn: The role that CloudFormation works with; empty for the caller's permissions.
        notification_arns: Topics that are told every event.
        rollback_alarms: Alarms that roll an operation back.
        monitoring_minutes: How long they are watched after everything is done.
    """

    role_arn: str = ""
    notification_arns: tuple[str, ...] = ()
    rollback_alarms: tuple[str, ...] = ()
    monitoring_minutes: int = 0
