from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdinfra.aws.fake import FakeAws
from cdinfra.cli.access import Access
from cdinfra.cli.options import Request
from cdinfra.cli.root import root
from cdinfra.deploy.clock import Clock
from cdinfra.model import App

APP = '''
"""A network, and a web stack that needs it, as plain dictionaries."""

from dataclasses import dataclass, field

from cdinfra import App
from cdinfra.model import BuildContext, OutputReference, StackTemplate

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "news"}}
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "pictures"}}


@dataclass
class Plain:
    name: str
    resources: dict
    outputs: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)
    foundational: bool = False

    def build(self, context: BuildContext) -> StackTemplate:
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={
                "Parameters": {name: {"Type": "String"} for name in self.sources},
                "Resources": self.resources,
                "Outputs": {key: {"Value": value} for key, value in self.outputs.items()},
            },
            parameters=self.sources,
            dependencies=tuple(each.stack for each in self.sources.values()),
            tags=context.all_tags(),
        )


def build_app(env: str) -> App:
    app = App("shop", env=env, environments=("dev", "staging"), owner="me")
    app.add(Plain("network", {"Topic": TOPIC}, {"TopicArn": {"Ref": "Topic"}}))
    source = OutputReference(stack="network", output="TopicArn")
    web = Plain("web", {"Bucket": BUCKET}, {"Url": "http://web"}, {"NetworkTopicArn": source})
    app.add(web)
    return app
'''


@dataclass
class Person:
    """Who sits at the terminal.

    Attributes:
        answers: What is typed when asked; None where nobody can be asked.
    """

    answers: str | None = None


@pytest.fixture
def app_file(tmp_path: Path) -> Path:
    file = tmp_path / "infra.py"
    file.write_text(APP, encoding="utf-8")
    return file


@pytest.fixture
def edit(app_file: Path) -> Callable[[str, str], None]:
    """Replaces a piece of the app file."""

    def replace(old: str, new: str) -> None:
        text = app_file.read_text(encoding="utf-8")
        assert old in text
        app_file.write_text(text.replace(old, new), encoding="utf-8")

    return replace


@pytest.fixture
def aws() -> FakeAws:
    """The cloud in memory that every command of a test acts in."""
    return FakeAws()


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def answer(person: Person) -> Callable[[str], None]:
    """Lets somebody sit at the terminal who types that when asked."""

    def will_type(text: str) -> None:
        person.answers = text

    return will_type


@pytest.fixture
def opened() -> list[tuple[Request, bool]]:
    """The options of each command that opened the cloud, and whether it may start one."""
    return []


@pytest.fixture
def run(
    app_file: Path, aws: FakeAws, person: Person, opened: list[tuple[Request, bool]]
) -> Callable[..., Result]:
    """Runs a command on the app file and in the cloud in memory."""

    def open_cloud(request: Request, _app: App, *, start: bool) -> FakeAws:
        opened.append((request, start))
        return aws

    def invoke(*args: str) -> Result:
        world = Access(
            open=open_cloud,
            clock=Clock(now=aws.clock.now, sleep=aws.clock.sleep),
            can_ask=lambda: person.answers is not None,
        )
        # What stands behind -- is no option.
        end = args.index("--") if "--" in args else len(args)
        arguments = [*args[:end], "--file", str(app_file), *args[end:]]
        return CliRunner().invoke(root, arguments, obj=world, input=person.answers)

    return invoke
