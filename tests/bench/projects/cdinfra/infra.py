"""As many stacks as BENCH_STACKS says, each with what every other program makes too."""

import os

from troposphere import Ref, logs, sns, ssm

from cdinfra import App
from cdinfra.stacks import Stack, TemplateBuilder


class Small(Stack):
    """A topic, a log group and a parameter."""

    def add_resources(self, builder: TemplateBuilder) -> None:
        """Add them."""
        topic = builder.add(sns.Topic("Topic"))
        builder.add(logs.LogGroup("LogGroup", RetentionInDays=14))
        builder.add(ssm.Parameter("Parameter", Type="String", Value=Ref(topic)))
        builder.output("TopicArn", Ref(topic), "ARN of the topic")


def build_app(env: str) -> App:
    """Describe the app."""
    app = App(os.environ.get("BENCH_NAME", "bench"), env=env, owner="bench")
    for number in range(int(os.environ.get("BENCH_STACKS", "1"))):
        app.add(Small(f"stack-{number}"))
    return app
