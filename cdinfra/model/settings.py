"""Settings of a stack: what CloudFormation is told about it besides its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from cdinfra.errors import InvalidInputError
from cdinfra.model.hook import Hook
from cdinfra.model.notification import Notification, Topic
from cdinfra.model.on_failure import OnFailure
from cdinfra.model.output_reference import OutputReference, SettingValue
from cdinfra.model.settings_checks import setting_problems


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSettings:
    """How CloudFormation works on one stack. None means: as the app's settings say.

    Args:
        role_arn: The IAM role that CloudFormation works with, instead of the caller's
            permissions. It stays with the stack: CloudFormation can change it, and not take
            it away.
        notification_arns: SNS topics that are told every event of the stack; at most 5.
        tags: Tags of the stack and its resources, over those of the app.
        termination_protection: Whether the stack refuses to be deleted.
        stack_policy: Which resources an update may change; as JSON at most 16,384 bytes.
            One that is set can be replaced, and not taken away.
        rollback_alarms: CloudWatch alarms that roll an operation back when they ring; at
            most 5.
        monitoring_minutes: How long the alarms are watched after everything is done, before
            the operation counts as a success; 0 to 180.
        creation_timeout_minutes: How long a creation may take before it is rolled back.
        on_failure: What happens when an operation fails. ``DELETE`` concerns a creation; an
            update is rolled back then.
        hooks: Programs that run before and after.
        deploy_notifications: Who is told of rollouts to the stack's hosts; at most 3.

    Raises:
        InvalidInputError: A value is wrong; names all that are.
    """

    role_arn: SettingValue | None = None
    notification_arns: Sequence[SettingValue] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    termination_protection: bool | None = None
    stack_policy: Mapping[str, Any] | None = None
    rollback_alarms: Sequence[SettingValue] | None = None
    monitoring_minutes: int | None = None
    creation_timeout_minutes: int | None = None
    on_failure: OnFailure | None = None
    hooks: Sequence[Hook] | None = None
    deploy_notifications: Sequence[Notification] | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        if problems := tuple(setting_problems(given)):
            raise InvalidInputError(problems)

    @property
    def references(self) -> tuple[OutputReference, ...]:
        """The outputs of other stacks that the settings are made of."""
        told = (each.arn for each in self.deploy_notifications or () if isinstance(each, Topic))
        arns = (*(self.notification_arns or ()), *(self.rollback_alarms or ()))
        values = (self.role_arn, *arns, *told)
        return tuple(dict.fromkeys(each for each in values if isinstance(each, OutputReference)))


def merged(defaults: StackSettings, own: StackSettings) -> StackSettings:
    """Return settings over others: what they do not set is taken from there; tags add up."""
    values: dict[str, Any] = {
        each.name: getattr(own if getattr(own, each.name) is not None else defaults, each.name)
        for each in fields(StackSettings)
    }
    return StackSettings(**{**values, "tags": {**defaults.tags, **own.tags}})
