"""What is wrong with the settings of a stack, whatever was passed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cdinfra.errors import Problem, nearest
from cdinfra.model.hook import Hook, is_whole
from cdinfra.model.names import tag_problems
from cdinfra.model.notification import TOPIC_ARN, notification_problems
from cdinfra.model.on_failure import OnFailure
from cdinfra.model.output_reference import OutputReference
from cdinfra.model.stack_policy import policy_problems

ROLE_ARN = re.compile(r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+")
ALARM_ARN = re.compile(r"arn:[\w-]+:cloudwatch:[\w-]+:\d{12}:alarm:.+")
"""Source: service authorization reference, "Resource types" of IAM and CloudWatch."""

MAXIMUM_TOPICS = 5
MAXIMUM_ALARMS = 5
MAXIMUM_MONITORING_MINUTES = 180
"""Source: CreateChangeSet, NotificationARNs and RollbackConfiguration."""

MAXIMUM_TAGS = 50
"""Source: CreateChangeSet, parameter Tags."""


def setting_problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield everything that is wrong with settings.

    Args:
        given: The settings by name; None for those that are not set.
    """
    for name, check in _CHECKS.items():
        if given[name] is not None:
            yield from check(f"settings/{name}", given[name])


def _tag_problems(path: str, tags: object) -> Iterator[Problem]:
    if isinstance(tags, Mapping):
        yield from tag_problems(path, tags)
    else:
        yield Problem(path=path, message=f"{tags!r} is no dict of strings")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arn:
    """One kind of ARN, and how many of them there may be."""

    pattern: re.Pattern[str]
    example: str
    most: int = 1

    def problems(self, path: str, value: object) -> Iterator[Problem]:
        if isinstance(value, OutputReference):
            return
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            hint = f"for example {self.example!r}, or another stack's output"
            yield Problem(path=path, message=f"{value!r} is no such ARN", hint=hint)

    def list_problems(self, path: str, values: object) -> Iterator[Problem]:
        if isinstance(values, str) or not isinstance(values, Sequence):
            hint = f"for example ({self.example!r},)"
            yield Problem(path=path, message=f"{values!r} is no sequence of ARNs", hint=hint)
            return
        if len(values) > self.most:
            hint = f"at most {self.most}"
            yield Problem(path=path, message=f"has {len(values)} ARNs", hint=hint)
        if len(set(map(str, values))) < len(values):
            yield Problem(path=path, message="names one twice")
        for index, value in enumerate(values):
            yield from self.problems(f"{path}/{index}", value)


def _bool_problems(path: str, value: object) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(path=path, message=f"{value!r} is neither True nor False")


def _on_failure_problems(path: str, value: object) -> Iterator[Problem]:
    if value not in set(OnFailure):
        yield Problem(
            path=path, message=f"{value!r} is not one", hint=nearest(str(value), OnFailure)
        )


def _monitoring_problems(path: str, value: object) -> Iterator[Problem]:
    if not is_whole(value, least=0) or value > MAXIMUM_MONITORING_MINUTES:
        hint = f"a whole number from 0 to {MAXIMUM_MONITORING_MINUTES}"
        yield Problem(path=path, message=f"{value!r} are no minutes", hint=hint)


def _timeout_problems(path: str, value: object) -> Iterator[Problem]:
    if not is_whole(value, least=1):
        hint = "a whole number, at least 1"
        yield Problem(path=path, message=f"{value!r} are no minutes", hint=hint)


def _hook_problems(path: str, hooks: object) -> Iterator[Problem]:
    if isinstance(hooks, str) or not isinstance(hooks, Sequence):
        hint = "for example (Hook(command=(…), when=When.BEFORE),)"
        yield Problem(path=path, message=f"{hooks!r} is no sequence of hooks", hint=hint)
        return
    for index, hook in enumerate(hooks):
        if not isinstance(hook, Hook):
            yield Problem(path=f"{path}/{index}", message=f"{hook!r} is no Hook")


_ROLE = _Arn(pattern=ROLE_ARN, example="arn:aws:iam::123456789012:role/deployer")
_TOPICS = _Arn(
    pattern=TOPIC_ARN,
    example="arn:aws:sns:eu-central-1:123456789012:alerts",
    most=MAXIMUM_TOPICS,
)
_ALARMS = _Arn(
    pattern=ALARM_ARN,
    example="arn:aws:cloudwatch:eu-central-1:123456789012:alarm:errors",
    most=MAXIMUM_ALARMS,
)

_CHECKS: Mapping[str, Callable[[str, object], Iterator[Problem]]] = MappingProxyType(
    {
        "role_arn": _ROLE.problems,
        "notification_arns": _TOPICS.list_problems,
        "tags": _tag_problems,
        "termination_protection": _bool_problems,
        "stack_policy": policy_problems,
        "rollback_alarms": _ALARMS.list_problems,
        "monitoring_minutes": _monitoring_problems,
        "creation_timeout_minutes": _timeout_problems,
        "on_failure": _on_failure_problems,
        "hooks": _hook_problems,
        "deploy_notifications": notification_problems,
    }
)
"""What checks each setting."""
