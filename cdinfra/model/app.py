"""The app: everything that one ``infra.py`` describes, for one environment."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import TypeVar

from cdinfra.errors import InvalidInputError, Problem, did_you_mean
from cdinfra.model.checks import (
    app_problems,
    checked_template,
    choice_problems,
    definition_problems,
    deployment_problems,
    settings_problem,
)
from cdinfra.model.context import BuildContext
from cdinfra.model.lint_exceptions import LintException, with_exceptions
from cdinfra.model.place import (
    HOME,
    Place,
    accounts_problems,
    place_problems,
    role_problems,
)
from cdinfra.model.settings import StackSettings, merged
from cdinfra.model.source_line import SourceLine, line_of_caller
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
        environments: Collection[str] = ("dev",),
        region: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        problems = app_problems(
            name, env=env, environments=environments, owner=owner, region=region, tags=tags
        )
        if problems:
            raise InvalidInputError(problems)
        self.name = name
        self.env = env
        self.owner = owner
        self.environments = tuple(environments)
        self.region = region
        self.tags = dict(tags or {})
        self.account: str | None = None
        self.places: tuple[Place, ...] = ()
        self._defaults = StackSettings()
        self._stacks: dict[str, StackDefinition] = {}
        self._settings: dict[str, StackSettings] = {}
        self._places: dict[str, Place] = {}
        self._added_at: dict[str, SourceLine] = {}
        self._lint_exceptions: dict[str, list[LintException]] = {}
        self._lint_rules: list[object] = []
        self._built: tuple[StackTemplate, ...] | None = None

    @property
    def context(self) -> BuildContext:
        """What the app's stacks know of it."""
        return BuildContext(app=self.name, env=self.env, owner=self.owner, tags=self.tags)

    @property
    def settings(self) -> StackSettings:
        """What holds for every stack that does not say otherwise; may be set.

        Raises:
            InvalidInputError: What is set are no settings.
        """
        return self._defaults

    @settings.setter
    def settings(self, settings: StackSettings) -> None:
        if problem := settings_problem("app/settings", settings):
            raise InvalidInputError(problem)
        self._defaults = settings
        self._built = None

    @property
    def stacks(self) -> tuple[StackDefinition, ...]:
        """The stacks in the order in which they were added."""
        return tuple(self._stacks.values())

    @property
    def foundations(self) -> tuple[str, ...]:
        """Names of the stacks that every other one waits for."""
        return tuple(stack.name for stack in self.stacks if stack.foundational)

    def expect_accounts(self, accounts: Mapping[str, str]) -> None:
        """State which account an environment belongs to.

        Where the caller is in another one, nothing is done. Stacks that name a role are in
        the role's account, whoever calls.

        Args:
            accounts: Twelve digits by environment; one that is left out may be anywhere.

        Raises:
            InvalidInputError: A key is no environment, or a value is no account.
        """
        if problems := tuple(accounts_problems(accounts, self.environments)):
            raise InvalidInputError(problems)
        self.account = accounts.get(self.env)

    def look_in(self, *places: Place) -> None:
        """Name places in which the app has had stacks, besides those of its stacks now.

        A stack that was taken out of ``infra.py`` is found in the places that the file still
        names.

        Raises:
            InvalidInputError: One is not valid.
        """
        checked = (place_problems(f"look_in/{n}", place) for n, place in enumerate(places))
        if problems := tuple(chain.from_iterable(checked)):
            raise InvalidInputError(problems)
        self.places = (*self.places, *places)
        self._built = None

    def add(
        self, stack: StackT, *, settings: StackSettings | None = None, place: Place = HOME
    ) -> StackT:
        """Add a stack and return it, so that other stacks can refer to it.

        Args:
            stack: The stack.
            settings: What CloudFormation is told about it besides its template.
            place: Region and account, where they are not the app's own.

        Raises:
            InvalidInputError: It is no stack, its name or its place is not valid, another has
                that name, or the settings are none.
        """
        if problems := definition_problems(stack):
            raise InvalidInputError(problems)
        path = f"stacks/{stack.name}"
        if settings is not None and (problem := settings_problem(f"{path}/settings", settings)):
            raise InvalidInputError(problem)
        if wrong := tuple(place_problems(f"{path}/place", place)):
            raise InvalidInputError(wrong)
        if stack.name in self._stacks:
            raise InvalidInputError(
                Problem(path=path, message="is added twice", hint="give each stack its own name")
            )
        self._stacks[stack.name] = stack
        self._settings[stack.name] = settings or StackSettings()
        self._places[stack.name] = place
        self._added_at[stack.name] = line_of_caller()
        self._built = None
        return stack

    def allow(self, rule: str, *, stack: StackDefinition, reason: str, resource: str = "") -> None:
        """Allow what a rule of lint finds in one of the stacks.

        The exception becomes part of the template, as ``Metadata``.

        Args:
            rule: Id of the rule, for example ``CD303``; one of cfn-lint will do too.
            stack: A stack of the app.
            reason: Why that is right here.
            resource: Logical id of the resource; empty for the whole template.

        Raises:
            InvalidInputError: The stack is not added to the app.
        """
        name = getattr(stack, "name", str(stack))
        if self._stacks.get(name) is not stack:
            path = f"stacks/{name}/allow/{rule}"
            message = "is for a stack that is not added to the app"
            raise InvalidInputError(
                Problem(path=path, message=message, hint="add it first: app.add(…)")
            )
        exception = LintException(rule=rule, reason=reason, resource=resource)
        self._lint_exceptions.setdefault(name, []).append(exception)
        self._built = None

    @property
    def lint_rules(self) -> tuple[object, ...]:
        """The rules that lint runs on this app besides the shipped ones."""
        return tuple(self._lint_rules)

    def lint_with(self, *rules: object) -> None:
        """Have lint, and so ``publish``, run rules of one's own on the app's templates.

        Args:
            rules: Each a ``cdinfra.lint.Rule``.
        """
        self._lint_rules += rules

    def choose(self, values: Mapping[str, SettingT]) -> SettingT:
        """Return the value for the app's environment.

        Args:
            values: One value for each environment.

        Raises:
            InvalidInputError: An environment has no value, or a key is no environment.
        """
        if problems := choice_problems(values, self.environments):
            raise InvalidInputError(problems)
        return values[self.env]

    def build(self) -> tuple[StackTemplate, ...]:
        """Return every template, in the order in which the stacks can be created.

        They are built once: the same stacks give the same templates.

        Raises:
            InvalidInputError: A stack gives no template, refers to one that is not added, or
                stacks form a cycle.
        """
        if self._built is None:
            self._built = self._build()
        return self._built

    def _build(self) -> tuple[StackTemplate, ...]:
        templates = {stack.name: self._deployable(stack) for stack in self.stacks}
        problems = [each for one in templates.values() for each in deployment_problems(one)]
        if problems:
            raise InvalidInputError(problems)
        _check_references(templates)
        self._check_roles()
        return tuple(templates[name] for name in _creation_order(templates))

    def _deployable(self, stack: StackDefinition) -> StackTemplate:
        """Return a stack's template with everything that the app adds."""
        context = self.context
        built = checked_template(stack.name, stack.build(context), context)
        settings = merged(merged(self._defaults, built.settings), self._settings[stack.name])
        before = () if stack.foundational else self.foundations
        exceptions = self._lint_exceptions.get(stack.name, ())
        needed = (each.stack for each in settings.references)
        return replace(
            built,
            document=with_exceptions(f"stacks/{stack.name}", built.document, exceptions),
            dependencies=tuple(dict.fromkeys((*before, *built.dependencies, *needed))),
            # By its tags a stack is found again when infra.py has it no more.
            tags={**context.all_tags(), **built.tags, **settings.tags},
            settings=settings,
            place=self._places[stack.name],
            sources=_sources(built, self._added_at[stack.name]),
        )

    def _check_roles(self) -> None:
        stacks = [(f"stacks/{name}/place", place) for name, place in self._places.items()]
        further = [(f"look_in/{index}", place) for index, place in enumerate(self.places)]
        if problems := tuple(role_problems((*stacks, *further))):
            raise InvalidInputError(problems)


def _sources(built: StackTemplate, added_at: SourceLine) -> dict[str, SourceLine]:
    """Return where everything in a template comes from; at worst from where the stack does."""
    sections = ("Outputs", "Parameters", "Resources")
    names = dict.fromkeys(name for each in sections for name in built.document.get(each) or ())
    known = {**{name: replace(added_at, method="") for name in names}, **built.sources}
    return {
        name: each if each.file else replace(added_at, method=each.method)
        for name, each in known.items()
    }


def _check_references(templates: Mapping[str, StackTemplate]) -> None:
    problems = [
        Problem(
            path=f"stacks/{template.name}",
            message=f"refers to the stack {dependency!r}, which is not added to the app",
            hint=did_you_mean(dependency, templates.keys() - {template.name})
            or "add it with app.add(…)",
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
            Problem(
                path="stacks",
                message=f"refer to each other in a circle: {cycle}",
                hint="give one of them a fixed value instead",
            )
        ) from error
