"""The same template with troposphere, as sceptre calls it."""

from troposphere import Output, Ref, Template, logs, sns, ssm


def sceptre_handler(_: object) -> str:
    """Return a template of a topic, a log group and a parameter."""
    template = Template()
    topic = template.add_resource(sns.Topic("Topic"))
    template.add_resource(logs.LogGroup("LogGroup", RetentionInDays=14))
    template.add_resource(ssm.Parameter("Parameter", Type="String", Value=Ref(topic)))
    template.add_output(Output("TopicArn", Value=Ref(topic), Description="ARN of the topic"))
    return template.to_json()
