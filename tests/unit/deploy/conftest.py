"""A small app whose stacks are plain templates, and a cloud in memory for it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cdinfra.aws.fake import FakeAws
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.interrupts import TakeDecision, never_interrupted
from cdinfra.deploy.processes import Machine
from cdinfra.events import Event
from cdinfra.model import (
    App,
    BuildContext,
    OutputReference,
    ParameterSource,
    StackSettings,
    StackTemplate,
)


@dataclass(frozen=True, kw_only=True)
class PlainStack:
    name: str
    document: Mapping[str, Any]
    parameters: Mapping[str, ParameterSource] = field(default_factory=dict)
    foundational: bool = False
    settings: StackSettings = field(default_factory=StackSettings)

    def build(self, context: BuildContext) -> StackTemplate:
        sources = self.parameters.values()
        needed = [each.stack for each in sources if isinstance(each, OutputReference)]
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document=self.document,
            parameters=self.parameters,
            dependencies=tuple(dict.fromkeys(needed)),
            tags=context.all_tags(),
            settings=self.settings,
        )


def network(*, subnets: int = 1, vpc: Mapping[str, Any] | None = None) -> PlainStack:
    resources: dict[str, Any] = {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": vpc or {}}}
    for number in range(subnets):
        resources[f"Subnet{number}"] = {"Type": "AWS::EC2::Subnet"}
    outputs = {"VpcId": {"Value": {"Ref": "Vpc"}}}
    return PlainStack(name="network", document={"Resources": resources, "Outputs": outputs})


def consumer(
    name: str,
    *,
    upstream: str = "network",
    resources: Mapping[str, Any] | None = None,
) -> PlainStack:
    return PlainStack(
        name=name,
        document={
            "Parameters": {"VpcId": {"Type": "String"}},
            "Resources": resources
            or {
                "Group": {
                    "Type": "AWS::EC2::SecurityGroup",
                    "Properties": {"VpcId": {"Ref": "VpcId"}},
                }
            },
            "Outputs": {"VpcId": {"Value": {"Ref": "VpcId"}}},
        },
        parameters={"VpcId": OutputReference(stack=upstream, output="VpcId")},
    )


def single(name: str, *, settings: StackSettings | None = None, **attributes: object) -> PlainStack:
    """Return a stack of one topic."""
    document = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", **attributes}},
        "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}},
    }
    return PlainStack(name=name, document=document, settings=settings or StackSettings())


def shop(*stacks: PlainStack, owner: str = "team") -> App:
    app = App("shop", env="dev", environments=("dev", "staging"), owner=owner)
    for stack in stacks:
        app.add(stack)
    return app


@dataclass(kw_only=True)
class Program:
    """A program that runs for some looks and then ends.

    Attributes:
        code: How it ends; None for one that never does.
        lines: What it writes, one line a look.
        started: With which command, folder and environment, and what was in the file of outputs.
        was_ended: Whether somebody ended it.
    """

    code: int | None = 0
    lines: list[str] = field(default_factory=list)
    started: tuple[tuple[str, ...], Path, Mapping[str, str], Any] | None = None
    was_ended: bool = False

    def read_lines(self) -> tuple[str, ...]:
        return (self.lines.pop(0),) if self.lines else ()

    def exit_code(self) -> int | None:
        return None if len(self.lines) > 1 else self.code

    def end(self) -> None:
        self.was_ended = True
        self.code = -15


@dataclass(kw_only=True)
class Programs:
    """A machine on which these programs are, by their names; others are not."""

    known: dict[str, Program] = field(default_factory=dict)

    def start(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> Program:
        if command[0] not in self.known:
            raise FileNotFoundError(2, "No such file or directory")
        program = self.known[command[0]]
        outputs = json.loads(Path(environment["CDINFRA_OUTPUTS"]).read_text())
        program.started = (tuple(command), folder, environment, outputs)
        return program


@dataclass(kw_only=True)
class Run:
    """A cloud, and what was told about it."""

    aws: FakeAws = field(default_factory=FakeAws)
    events: list[Event] = field(default_factory=list)
    programs: Programs = field(default_factory=Programs)

    def deployer(
        self,
        *stacks: PlainStack,
        app: App | None = None,
        take_decision: TakeDecision = never_interrupted,
        machine: Machine | None = None,
    ) -> Deployer:
        environ = {"PATH": "/bin"}
        own = Machine(folder=Path("/repository"), environ=environ, start=self.programs.start)
        return Deployer(
            self.aws,
            app or shop(*stacks),
            on_event=self.events.append,
            clock=Clock(now=self.aws.clock.now, sleep=self.aws.clock.sleep),
            take_decision=take_decision,
            machine=machine or own,
        )

    def up(self, *stacks: PlainStack, app: App | None = None) -> dict[str, str]:
        """Bring stacks up; return the outcome of each."""
        with self.deployer(*stacks, app=app) as deployer:
            result = deployer.execute(deployer.preview(deployer.plan_up()))
        return {each.stack: str(each.outcome) for each in result.stacks}

    def calls(self, operation: str) -> list[str]:
        return [each for each in self.aws.stacks.calls if each.split()[0] == operation]

    def told(self, kind: type) -> list[Event]:
        return [each for each in self.events if isinstance(each, kind)]


@dataclass(frozen=True)
class Make:
    """The builders, as a fixture: test files cannot import one another."""

    network: Callable[..., PlainStack] = network
    consumer: Callable[..., PlainStack] = consumer
    single: Callable[..., PlainStack] = single
    shop: Callable[..., App] = shop
    plain: Callable[..., PlainStack] = PlainStack
    program: Callable[..., Program] = Program


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.fixture
def make() -> Make:
    return Make()
