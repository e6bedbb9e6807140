"""A deploy group in a cloud in memory: a stack of hosts, its Auto Scaling group, its bucket."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from cdinfra.aws.fake import FakeAws
from cdinfra.aws.hosts import Host
from cdinfra.aws.scaling_groups import LaunchVersion, ScalingGroup, ScalingMember
from cdinfra.model import HOME, App, BuildContext, Place, Retained, StackTemplate
from cdinfra.rollout.group import DeployGroup

REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop-dev/web"
OLD = f"{REPOSITORY}@sha256:{'0' * 64}"
NEW = f"{REPOSITORY}@sha256:{'1' * 64}"
SCALING = "shop-dev-web-group"


@dataclass(frozen=True, kw_only=True)
class PlainStack:
    """A stack of an app, as small as can be."""

    name: str
    outputs: dict[str, str] = field(default_factory=dict)
    declared: dict[str, Any] = field(default_factory=dict)
    foundational: bool = False
    place: Place = HOME

    def build(self, context: BuildContext) -> StackTemplate:
        declared = self.declared
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={
                "Parameters": declared,
                "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
                "Outputs": {key: {"Value": value} for key, value in self.outputs.items()},
            },
            parameters={"Release": Retained(initial="")} if "Release" in declared else {},
        )


RELEASE = {"Release": {"Type": "String", "Default": ""}}


def hosts_stack(name: str = "web", **declared: Any) -> PlainStack:
    return PlainStack(
        name=name,
        outputs={"DeployGroup": f"shop-dev-{name}", "GroupName": f"shop-dev-{name}-group"},
        declared={**RELEASE, **declared},
    )


def foundation(name: str = "foundation") -> PlainStack:
    return PlainStack(name=name, outputs={"BucketName": f"bucket-of-{name}"}, foundational=True)


def host(instance_id: str, **changes: Any) -> Host:
    values: dict[str, Any] = {
        "instance_id": instance_id,
        "state": "running",
        "instance_type": "t3.micro",
        "private_address": "10.0.0.7",
        "public_address": "",
        "zone": "eu-central-1a",
        "deploy_group": "shop-dev-web",
        "release": OLD,
        "stack_name": "shop-dev-web",
        "launched_at": datetime(2026, 1, 31, tzinfo=UTC),
        "scaling_group": SCALING,
        "architecture": "x86_64",
    }
    return Host(**(values | changes))


@dataclass(frozen=True)
class Make:
    """The builders, as a fixture: test files cannot import one another."""

    hosts_stack = staticmethod(hosts_stack)
    foundation = staticmethod(foundation)
    host = staticmethod(host)
    stack = PlainStack
    old: str = OLD
    new: str = NEW
    repository: str = REPOSITORY
    scaling: str = SCALING

    def app(self, *stacks: Any) -> App:
        app = App("shop", env="dev", owner="team")
        for each in stacks:
            app.add(each, place=each.place)
        return app

    def scaling_group(self, *members: ScalingMember, **changes: Any) -> ScalingGroup:
        values: dict[str, Any] = {
            "name": SCALING,
            "launches_with": LaunchVersion(template_id="lt-1", version="2"),
            "members": members,
            "tags": {"cdinfra:release": OLD},
        }
        return ScalingGroup(**(values | changes))

    def member(self, instance_id: str, version: str = "2") -> ScalingMember:
        return ScalingMember(
            instance_id=instance_id,
            lifecycle="InService",
            health="Healthy",
            launched_with=LaunchVersion(template_id="lt-1", version=version),
        )


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def group() -> DeployGroup:
    return DeployGroup(
        app="shop",
        env="dev",
        stack="web",
        stack_name="shop-dev-web",
        name="shop-dev-web",
        bucket="bucket-of-foundation",
    )


@pytest.fixture
def deployed(aws: FakeAws) -> Callable[..., Any]:
    """Deploy an app's stacks: ``deployed(app, Release=…)``; returns the fake of the last one."""

    def deploy(app: App, **parameters: str) -> Any:
        stack = None
        for template in app.build():
            values = parameters if template.parameters else {}
            stack = aws.at(template.place).stacks.add(template, parameters=values)
        return stack

    return deploy
