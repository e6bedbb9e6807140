"""A stack as the deployer sees it: a template, and where its parameters come from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from cdinfra.model.context import BuildContext
from cdinfra.model.output_reference import OutputReference
from cdinfra.model.outside_source import OutsideSource
from cdinfra.model.place import HOME, Place
from cdinfra.model.settings import StackSettings
from cdinfra.model.source_line import SourceLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A parameter value that stands in ``infra.py``."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """A parameter that keeps the value which the deployed stack has.

    Attributes:
        initial: The value for a stack that does not exist yet.
    """

    initial: str


ParameterSource: TypeAlias = Literal | OutputReference | Retained | OutsideSource
"""Where the value of a stack parameter comes from."""

Value: TypeAlias = str | OutputReference | OutsideSource
"""What a stack class takes where it needs an id: the id, or where it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackTemplate:
    """One stack, ready to be planned.

    Attributes:
        name: Name of the stack within the app.
        stack_name: Its CloudFormation name, ``{app}-{env}-{stack}``.
        document: The template, as plain JSON values.
        parameters: Where each parameter's value comes from; a parameter that is
            not named here keeps its default.
        dependencies: Names of the app's stacks that must be complete before this one.
        tags: Tags of the stack, which CloudFormation puts on its resources too.
        settings: What CloudFormation is told about the stack besides its template.
        place: Region and account, where they are not the app's own.
        sources: The line of a person's code that made each resource, parameter and output, by
            logical id; where two share one, the resource's. No part of what is deployed, and
            two templates that differ only in this are equal.
    """

    name: str
    stack_name: str
    document: Mapping[str, Any]
    parameters: Mapping[str, ParameterSource] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    settings: StackSettings = field(default_factory=StackSettings)
    place: Place = HOME
    sources: Mapping[str, SourceLine] = field(default_factory=dict, compare=False, repr=False)

    @property
    def body(self) -> str:
        """The template as compact JSON, as it is sent to CloudFormation."""
        return json.dumps(self.document, separators=(",", ":"), ensure_ascii=False)


class StackDefinition(Protocol):
    """What an app can hold: a stack class of ours, or anybody's with these members."""

    @property
    def name(self) -> str:
        """Name within the app."""

    @property
    def foundational(self) -> bool:
        """Whether every other stack of the app waits for this one."""

    def build(self, context: BuildContext) -> StackTemplate:
        """Build the template; pure, so the same input gives the same template."""
