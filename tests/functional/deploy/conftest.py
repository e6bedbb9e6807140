"""An app of plain templates for the real local cloud, each test with a name of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from cdinfra.aws.cloud import connect
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.plan import Plan
from cdinfra.deploy.result import Result
from cdinfra.events import Event
from cdinfra.local.process import LocalCloud
from cdinfra.model import (
    App,
    BuildContext,
    OutputReference,
    ParameterSource,
    StackSettings,
    StackTemplate,
)

_NUMBERS = count(1)


@dataclass(frozen=True, kw_only=True)
class Plain:
    name: str
    resources: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, ParameterSource] = field(default_factory=dict)
    foundational: bool = False
    settings: StackSettings = field(default_factory=StackSettings)

    def build(self, context: BuildContext) -> StackTemplate:
        sources = self.parameters.values()
        needed = [each.stack for each in sources if isinstance(each, OutputReference)]
        outputs = {key: {"Value": value} for key, value in self.outputs.items()}
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={
                **({"Parameters": self.declared} if self.declared else {}),
                "Resources": self.resources,
                **({"Outputs": outputs} if outputs else {}),
            },
            parameters=self.parameters,
            dependencies=tuple(dict.fromkeys(needed)),
            tags=context.all_tags(),
            settings=self.settings,
        )


def network(*, cidr: str = "10.0.0.0/16", dns: bool = False, subnets: int = 0) -> Plain:
    resources: dict[str, Any] = {
        "Vpc": {
            "Type": "AWS::EC2::VPC",
            "Properties": {"CidrBlock": cidr, "EnableDnsHostnames": dns},
        }
    }
    for number in range(subnets):
        resources[f"Subnet{number}"] = {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": f"10.0.{number}.0/24"},
        }
    return Plain(name="network", resources=resources, outputs={"VpcId": {"Ref": "Vpc"}})


def web(*, description: str = "web") -> Plain:
    return Plain(
        name="web",
        resources={
            "Group": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"GroupDescription": description, "VpcId": {"Ref": "VpcId"}},
            }
        },
        outputs={"GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}},
        declared={"VpcId": {"Type": "AWS::EC2::VPC::Id"}},
        parameters={"VpcId": OutputReference(stack="network", output="VpcId")},
    )


def logs(
    name: str = "logs",
    *,
    days: int = 7,
    settings: StackSettings | None = None,
    **attributes: object,
) -> Plain:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": days}}
    return Plain(
        name=name,
        resources={"Group": {**group, **attributes}},
        settings=settings or StackSettings(),
    )


@dataclass(kw_only=True)
class Shop:
    """One app in the local cloud.

    Attributes:
        cloud: The local cloud.
        name: Name of the app, which no other test has.
        events: What was told.
    """

    cloud: LocalCloud
    name: str
    events: list[Event] = field(default_factory=list)

    def deployer(self, *stacks: Plain) -> Deployer:
        app = App(self.name, env="dev", owner="team")
        for stack in stacks:
            app.add(stack)
        return Deployer(connect(self.cloud.connection()), app, on_event=self.events.append)

    def diff(self, *stacks: Plain) -> Plan:
        with self.deployer(*stacks) as deployer:
            return deployer.preview(deployer.plan_up(wait=False))

    def up(self, *stacks: Plain) -> Result:
        with self.deployer(*stacks) as deployer:
            return deployer.execute(deployer.preview(deployer.plan_up()))

    def down(self, *stacks: Plain) -> Result:
        with self.deployer(*stacks) as deployer:
            return deployer.execute(deployer.preview(deployer.plan_down()))

    def calls(self) -> Mapping[str, int]:
        """Return how often each operation was called so far, by anybody."""
        calls: Mapping[str, int] = self.cloud.control.health()["calls"]
        return dict(calls)


@dataclass(frozen=True)
class Make:
    """The builders, as a fixture: test files cannot import one another."""

    network = staticmethod(network)
    web = staticmethod(web)
    logs = staticmethod(logs)
    plain = Plain


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def shop(local_cloud: LocalCloud) -> Iterator[Shop]:
    """An app of this test alone; whatever is left of it is deleted."""
    made = Shop(cloud=local_cloud, name=f"shop{next(_NUMBERS)}")
    yield made
    local_cloud.control.clear_faults()
    made.down()
