"""Twenty templates with troposphere alone: what generating costs at least."""

import sys
from pathlib import Path

from troposphere import Output, Ref, Template, logs, sns, ssm


def build() -> Template:
    """Return a template of a topic, a log group and a parameter."""
    template = Template()
    topic = template.add_resource(sns.Topic("Topic"))
    template.add_resource(logs.LogGroup("LogGroup", RetentionInDays=14))
    template.add_resource(ssm.Parameter("Parameter", Type="String", Value=Ref(topic)))
    template.add_output(Output("TopicArn", Value=Ref(topic), Description="ARN of the topic"))
    return template


folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for number in range(20):
    (folder / f"stack-{number}.json").write_text(build().to_json(indent=2), encoding="utf-8")
