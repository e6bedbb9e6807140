"""Three ways past the shipped classes: one of one's own, a changed one, a template in YAML."""

from dataclasses import dataclass
from pathlib import Path

from awacs.aws import Allow, Statement
from awacs.sns import Publish
from troposphere import Ref, ec2, sns

from cdinfra import App
from cdinfra.model import OutputReference
from cdinfra.stacks import DockerHosts, Network, Stack, TemplateBuilder, TemplateStack


class Notices(Stack):
    """A stack class of one's own: one method, and a property for other stacks."""

    description = "Notices: the topic that the app publishes to"

    @property
    def topic_arn(self) -> OutputReference:
        """ARN of the topic."""
        return self.output("TopicArn")

    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add the topic and the output."""
        topic = builder.add(sns.Topic("Topic", KmsMasterKeyId="alias/aws/sns"))
        builder.output("TopicArn", Ref(topic), "ARN of the topic")


@dataclass(kw_only=True, eq=False)
class PublishingHosts(DockerHosts):
    """A changed class: its hosts may publish, and are replaced after thirty days."""

    notices: Notices

    def build_role_statements(self, builder: TemplateBuilder) -> list[Statement]:
        """Allow publishing to the topic, besides what every host may."""
        topic = builder.value(self.notices.topic_arn)
        publish = Statement(Sid="Publish", Effect=Allow, Action=[Publish], Resource=[topic])
        return [*super().build_role_statements(builder), publish]

    def build_launch_template(self, builder: TemplateBuilder) -> ec2.LaunchTemplate:
        """Let the container, one hop away, reach the role's credentials."""
        template = super().build_launch_template(builder)
        template.LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit = 2
        return template

    def customize(self, builder: TemplateBuilder) -> None:
        """Replace each host after thirty days."""
        builder.template.resources["AutoScalingGroup"].MaxInstanceLifetime = 30 * 24 * 60 * 60


def build_app(env: str) -> App:
    """Describe the app: the topic feeds the hosts' stack and the template's."""
    app = App("notices", env=env, owner="notices-team@example.com")
    network = app.add(Network("network"))
    notices = app.add(Notices("notices"))
    app.add(PublishingHosts("worker", network=network, notices=notices))
    app.add(
        TemplateStack(
            "subscriptions",
            template=Path(__file__).with_name("subscriptions.yaml").read_text(encoding="utf-8"),
            parameters={"TopicArn": notices.topic_arn, "OnCall": "on-call@example.com"},
        )
    )
    return app
