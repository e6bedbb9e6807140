from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdinfra.cli.root import root

APP = '''
"""Two stacks, one of which needs the other; plain dictionaries, so nothing slow is imported."""

from dataclasses import dataclass, field

from cdinfra import App
from cdinfra.model import BuildContext, Literal, OutputReference, StackTemplate


@dataclass
class Plain:
    name: str
    resources: dict
    outputs: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)
    foundational: bool = False

    def build(self, context: BuildContext) -> StackTemplate:
        references = [each for each in self.sources.values() if isinstance(each, OutputReference)]
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={
                "Parameters": {name: {"Type": "String"} for name in self.sources},
                "Resources": self.resources,
                "Outputs": {key: {"Value": value} for key, value in self.outputs.items()},
            },
            parameters=self.sources,
            dependencies=tuple(each.stack for each in references),
            tags=context.all_tags(),
        )


def build_app(env: str) -> App:
    app = App("shop", env=env, environments=("dev", "staging"), owner="me")
    topic = {"Type": "AWS::SNS::Topic"}
    app.add(Plain("network", {"Topic": topic}, {"TopicArn": {"Ref": "Topic"}}))
    source = OutputReference(stack="network", output="TopicArn")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "NetworkTopicArn"}}}
    web = {"Bucket": bucket, "Other": topic}
    app.add(Plain("web", web, {"Url": "http://web"}, {"NetworkTopicArn": source}))
    return app
'''


@pytest.fixture
def app_file(tmp_path: Path) -> Path:
    file = tmp_path / "infra.py"
    file.write_text(APP, encoding="utf-8")
    return file


@pytest.fixture
def run(app_file: Path) -> Callable[..., Result]:
    def invoke(*args: str) -> Result:
        return CliRunner().invoke(root, [*args, "--file", str(app_file)])

    return invoke
