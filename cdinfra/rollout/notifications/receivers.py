"""Those who are told of a rollout, and how a message gets to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cdinfra.aws.cloud import Aws
from cdinfra.model import (
    HOME,
    Deployable,
    FromEnvironment,
    FromSsm,
    Notification,
    OutputReference,
    Place,
    Topic,
    Webhook,
)
from cdinfra.model.notification import url_host
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.notifications.webhook import post


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One who is told.

    Attributes:
        label: Who it is, in words, without a secret.
        send: Sends a subject and a body; returns why it was not taken, empty where it was.
            Raises CdinfraError where the cloud refuses.
    """

    label: str
    send: Callable[[str, str], str] = field(repr=False)


def receivers_of(
    aws: Aws, app: Deployable, group: DeployGroup, environ: Mapping[str, str]
) -> tuple[Receiver, ...]:
    """Return those whom ``infra.py`` names for a deploy group; nothing is read or called yet.

    Args:
        aws: The app's own place.
        app: The app.
        group: The deploy group.
        environ: The deployer's variables.
    """
    world = _World(aws=aws, app=app, group=group, environ=environ)
    own = (each for each in app.build() if each.name == group.stack)
    named = (one for each in own for one in each.settings.deploy_notifications or ())
    return tuple(map(world.receiver, named))


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """Where addresses are looked up and topics are."""

    aws: Aws
    app: Deployable
    group: DeployGroup
    environ: Mapping[str, str] = field(repr=False)

    def receiver(self, named: Notification) -> Receiver:
        match named:
            case Topic():
                return Receiver(
                    label=f"the topic {named.arn}",
                    send=lambda subject, body: self._publish(named, subject, body),
                )
            case Webhook():
                return Receiver(label=_label(named), send=lambda _, body: self._post(named, body))

    def _publish(self, topic: Topic, subject: str, body: str) -> str:
        if isinstance(topic.arn, OutputReference):
            place, arn = self._output(topic.arn)
        else:
            place, arn = Place(region=topic.arn.split(":")[3]), topic.arn
        if not arn:
            return f"there is no output {topic.arn} yet"
        self.aws.at(place).topics.publish(arn, subject, body)
        return ""

    def _output(self, reference: OutputReference) -> tuple[Place, str]:
        for each in self.app.build():
            if each.name == reference.stack:
                stack = self.aws.at(each.place).stacks.describe_stack(each.stack_name)
                return each.place, stack.outputs.get(reference.output, "") if stack else ""
        return HOME, ""

    def _post(self, webhook: Webhook, body: str) -> str:
        match webhook.url:
            case FromEnvironment(name=name, default=default):
                url, missing = self.environ.get(name, default), f"{name} is not set"
            case FromSsm(name=name):
                parameters = self.aws.at(self.group.place).ssm_parameters
                url, missing = parameters.read_secret(name), "there is no such parameter"
            case str():
                url, missing = webhook.url, ""
        return missing if url is None else post(url, body)


def _label(webhook: Webhook) -> str:
    match webhook.url:
        case FromEnvironment(name=name):
            return f"the webhook in the variable {name}"
        case FromSsm(name=name):
            return f"the webhook in the parameter {name}"
        case str():
            return f"the webhook at {url_host(webhook.url)}"
