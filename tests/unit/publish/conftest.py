"""A small app, and one with everything that a template can be fed with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from cdinfra import App
from cdinfra.model import (
    BuildContext,
    Hook,
    Literal,
    OutputReference,
    ParameterSource,
    Retained,
    StackSettings,
    StackTemplate,
    When,
)


@dataclass
class Plain:
    name: str
    declared: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, ParameterSource] = field(default_factory=dict)
    foundational: bool = False
    description: str = ""
    settings: StackSettings = field(default_factory=StackSettings)

    def build(self, context: BuildContext) -> StackTemplate:
        references = [each for each in self.sources.values() if isinstance(each, OutputReference)]
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={
                "Description": self.description,
                "Parameters": self.declared,
                "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
                "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}, "Description": "Its ARN"}},
            },
            parameters=self.sources,
            dependencies=tuple(each.stack for each in references),
            tags=context.all_tags(),
            settings=self.settings,
        )


def make_app(*, size: str = "4", description: str = "", hidden: bool = False) -> App:
    app = App("shop", env="dev", owner="team", region="eu-west-1")
    app.add(Plain("base", foundational=True))
    declared = {
        "TopicArn": {"Type": "String", "Description": "Whom to tell"},
        "Size": {"Type": "Number", **({"NoEcho": True} if hidden else {})},
        "Release": {"Type": "String"},
        "Color": {"Type": "String", "Default": "blue"},
    }
    sources: dict[str, ParameterSource] = {
        "TopicArn": OutputReference(stack="base", output="TopicArn"),
        "Size": Literal(value=size),
        "Release": Retained(initial="none"),
    }
    settings = StackSettings(
        termination_protection=True,
        notification_arns=(OutputReference(stack="base", output="TopicArn"),),
        hooks=(Hook(command=("true",), when=When.AFTER),),
    )
    app.add(Plain("web", declared, sources, description=description), settings=settings)
    return app


@pytest.fixture
def app() -> App:
    return make_app()


@pytest.fixture
def make() -> Any:
    return make_app
