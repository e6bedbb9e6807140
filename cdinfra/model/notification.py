"""Who is told of a rollout, when it begins and when it has ended."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeAlias

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model.output_reference import OutputReference, SettingValue
from cdinfra.model.outside_source import FromEnvironment, FromSsm

TOPIC_ARN = re.compile(r"arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+")
"""Source: service authorization reference, "Resource types" of SNS."""

MAXIMUM_NOTIFICATIONS = 3
"""Each may take ten seconds, in which the deploy lock is not renewed."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?([/?][!-~]*)?"
)
"""Addresses of a host without a user's name. Source: RFC 3986, section 3."""

WebhookUrl: TypeAlias = str | FromEnvironment | FromSsm
"""An address, or where it comes from; a parameter in SSM may be a ``SecureString``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """An SNS topic that is told of rollouts.

    Args:
        arn: Its ARN, or another stack's output.

    Raises:
        InvalidInputError: It is no ARN of a topic.
    """

    arn: SettingValue = field(kw_only=False)

    def __post_init__(self) -> None:
        """Check the ARN."""
        if isinstance(self.arn, OutputReference):
            return
        if not isinstance(self.arn, str) or not TOPIC_ARN.fullmatch(self.arn):
            hint = "for example 'arn:aws:sns:eu-central-1:123456789012:alerts', or an output"
            message = f"{self.arn!r} is no ARN of a topic"
            raise InvalidInputError(Problem(path="topic/arn", message=message, hint=hint))


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that gets the message by POST.

    Args:
        url: The address. What should not stand in ``infra.py`` comes from the environment or
            from SSM; nothing shows more of it than its host.

    Raises:
        InvalidInputError: It is no address that is sent to.
    """

    url: WebhookUrl = field(kw_only=False, repr=False)

    def __post_init__(self) -> None:
        """Check the address, as far as it is known; the message does not repeat it."""
        if isinstance(self.url, FromEnvironment | FromSsm):
            return
        problem = url_problem(self.url)
        if problem:
            raise InvalidInputError(Problem(path="webhook/url", message=problem))


Notification: TypeAlias = Topic | Webhook
"""One who is told."""


def url_problem(url: object) -> str:
    """Return why nothing is sent to an address, without repeating it; empty where it is one."""
    found = _URL.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        return "is no address, as https://chat.example.com/…"
    if found["scheme"] == "http" and not _is_loopback(found["host"].strip("[]")):
        return "is not https, which every host needs that is not this machine"
    return ""


def url_host(url: str) -> str:
    """Return the host of an address; empty where it is none."""
    found = _URL.fullmatch(url)
    return found["host"] if found else ""


def notification_problems(path: str, values: object) -> Iterator[Problem]:
    """Yield what is wrong with a setting that should be notifications."""
    hint = "for example (Topic(alerts.output('TopicArn')),)"
    if isinstance(values, str) or not isinstance(values, Sequence):
        yield Problem(path=path, message=f"{values!r} is no sequence of them", hint=hint)
        return
    if len(values) > MAXIMUM_NOTIFICATIONS:
        message = f"has {len(values)}"
        yield Problem(path=path, message=message, hint=f"at most {MAXIMUM_NOTIFICATIONS}")
    for index, value in enumerate(values):
        if not isinstance(value, Topic | Webhook):
            message = f"{type(value).__name__} is neither Topic nor Webhook"
            yield Problem(path=f"{path}/{index}", message=message, hint=hint)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
