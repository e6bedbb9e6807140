"""The app: everything that one ``infra.py`` describes, for one environment."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model.context import BuildContext
from cdinfra.model.names import name_problems, tag_problems
from cdinfra.model.stack import StackDefinition, StackTemplate

StackT = TypeVar("StackT", bound=StackDefinition)
SettingT = TypeVar("SettingT")


class App:
    """An app in one environment.

    Args:
        name: Name of the app; its stacks are called ``{app}-{env}-{stack}``.
        env: The environment asked for, as ``build_app`` got it.
        environments: The environments that exist.
        owner: Who answers for the app: a team or an address. Becomes a tag.
        region: AWS region; by default the one of the AWS configuration.
        tags: Tags that every resource of the app carries.

    Raises:
        InvalidInputError: A name or a tag is not valid, or there is no such environment.
    """

    def __init__(
        self,
        name: str,
        *,
        env: str,
        owner: str,
        environments: Iterable[str] = ("dev",),
        region: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        known = tuple(environments)
        problems = [*name_problems("app", name), *tag_problems("app/tags", tags or {})]
        for environment in known:
            problems += name_problems("app/environments", environment)
        if env not in known:
            problems.append(
                Problem(path="env", message=f"{env!r} is not one", hint=nearest(env, known))
            )
        if not owner or len(owner) > 256:
            problems.append(Problem(path="app/owner", message="must have 1 to 256 characters"))
        if problems:
            raise InvalidInputError(problems)
        self.name = name
        self.env = env
        self.owner = owner
        self.environments = known
        self.region = region
        self.tags = dict(tags or {})
        self._stacks: dict[str, StackDefinition] = {}

    @property
    def context(self) -> BuildContext:
        """What the app's stacks know of it."""
        return BuildContext(app=self.name, env=self.env, owner=self.owner, tags=self.tags)

    @property
    def stacks(self) -> tuple[StackDefinition, ...]:
        """The stacks in the order in which they were added."""
        return tuple(self._stacks.values())

    def add(self, stack: StackT) -> StackT:
        """Add a stack and return it, so that other stacks can refer to it.

        Raises:
            InvalidInputError: A stack of that name is there already, or the name is not valid.
        """
        path = f"stacks/{stack.name}"
        if problems := name_problems(path, stack.name):
            raise InvalidInputError(problems)
        if stack.name in self._stacks:
            raise InvalidInputError(
                Problem(path=path, message="is added twice", hint="give each stack its own name")
            )
        self._stacks[stack.name] = stack
        return stack

    def choose(self, values: Mapping[str, SettingT]) -> SettingT:
        """Return the value for the app's environment.

        Args:
            values: One value for each environment.

        Raises:
            InvalidInputError: An environment has no value, or a key is no environment.
        """
        problems = [
            Problem(path=f"choose/{env}", message="is no environment", hint=nearest(env, known))
            for known in [self.environments]
            for env in values
            if env not in known
        ]
        problems += [
            Problem(path=f"choose/{env}", message="has no value")
            for env in self.environments
            if env not in values
        ]
        if problems:
            raise InvalidInputError(problems)
        return values[self.env]

    def build(self) -> tuple[StackTemplate, ...]:
        """Build every template, in the order in which the stacks can be created.

        Raises:
            InvalidInputError: A stack refers to one that is not added, or stacks form a cycle.
        """
        foundations = tuple(stack.name for stack in self.stacks if stack.foundational)
        templates = {
            stack.name: _after(stack.build(self.context), () if stack.foundational else foundations)
            for stack in self.stacks
        }
        _check_references(templates)
        return tuple(templates[name] for name in _creation_order(templates))


def _after(template: StackTemplate, foundations: tuple[str, ...]) -> StackTemplate:
    dependencies = dict.fromkeys((*foundations, *template.dependencies))
    return replace(template, dependencies=tuple(dependencies))


def _check_references(templates: Mapping[str, StackTemplate]) -> None:
    problems = [
        Problem(
            path=f"stacks/{template.name}",
            message=f"refers to the stack {dependency!r}, which is not added to the app",
            hint=nearest(dependency, templates.keys() - {template.name}),
        )
        for template in templates.values()
        for dependency in template.dependencies
        if dependency not in templates
    ]
    if problems:
        raise InvalidInputError(problems)


def _creation_order(templates: Mapping[str, StackTemplate]) -> tuple[str, ...]:
    graph = {name: template.dependencies for name, template in templates.items()}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle = " -> ".join(error.args[1])
        raise InvalidInputError(
            Problem(path="stacks", message=f"refer to each other in a circle: {cycle}")
        ) from error
