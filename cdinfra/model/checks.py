"""What is wrong with an app, or with a stack that is added to one, whatever was passed.

``infra.py`` is not type-checked before it runs, so a wrong type is an ordinary mistake.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model.context import BuildContext
from cdinfra.model.names import TAG_VALUE_MAX_LENGTH, name_problems, tag_problems
from cdinfra.model.settings import StackSettings
from cdinfra.model.settings_checks import MAXIMUM_TAGS
from cdinfra.model.stack import StackTemplate
from cdinfra.model.stack_policy import protected_names


def app_problems(
    name: object,
    *,
    env: object,
    environments: object,
    owner: object,
    region: object,
    tags: object,
) -> tuple[Problem, ...]:
    """Return everything that is wrong with the arguments of an app."""
    problems = list(name_problems("app", name))
    if isinstance(tags, Mapping):
        problems += tag_problems("app/tags", tags)
    elif tags is not None:
        problems.append(Problem(path="app/tags", message=f"{tags!r} is no dict of strings"))
    problems += _environment_problems(env, environments)
    if not isinstance(owner, str) or not 0 < len(owner) <= TAG_VALUE_MAX_LENGTH:
        hint = f"a string of 1 to {TAG_VALUE_MAX_LENGTH} characters"
        problems.append(Problem(path="app/owner", message=f"{owner!r} is no owner", hint=hint))
    if region is not None and not (isinstance(region, str) and region):
        hint = "for example 'eu-central-1'"
        problems.append(Problem(path="app/region", message=f"{region!r} is no region", hint=hint))
    return tuple(problems)


def _environment_problems(env: object, environments: object) -> list[Problem]:
    path = "app/environments"
    if isinstance(environments, str) or not isinstance(environments, Collection):
        message = f"{environments!r} is no list of names"
        return [Problem(path=path, message=message, hint="for example ('dev', 'production')")]
    known = tuple(environments)
    problems = [each for environment in known for each in name_problems(path, environment)]
    if env not in known:
        names = tuple(map(str, known))
        hint = nearest(str(env), names)
        message = f"{env!r} is not one"
        problems.append(Problem(path="env", message=message, hint=hint, allowed=names))
    return problems


def choice_problems(values: object, environments: Sequence[str]) -> tuple[Problem, ...]:
    """Return what is wrong with a setting that is chosen by environment."""
    if not isinstance(values, Mapping):
        hint = "for example {'dev': 1, 'production': 3}"
        return (Problem(path="choose", message=f"{values!r} is no dict", hint=hint),)
    unknown = (
        Problem(
            path=f"choose/{env}", message="is no environment", hint=nearest(str(env), environments)
        )
        for env in values
        if env not in environments
    )
    missing = (
        Problem(path=f"choose/{env}", message="has no value")
        for env in environments
        if env not in values
    )
    return (*unknown, *missing)


def definition_problems(stack: object) -> tuple[Problem, ...]:
    """Return what is wrong with something that is added to an app as a stack."""
    if isinstance(stack, type):
        hint = f"make one: {stack.__name__}(…)"
        return (Problem(path="stacks", message=f"{stack.__name__} is a class", hint=hint),)
    if not callable(getattr(stack, "build", None)) or not hasattr(stack, "foundational"):
        hint = "add an instance of a stack class, for example Network('network')"
        return (Problem(path="stacks", message=f"{stack!r} is no stack", hint=hint),)
    name = getattr(stack, "name", None)
    return name_problems(f"stacks/{name}", name)


def checked_template(name: str, built: object, context: BuildContext) -> StackTemplate:
    """Return what a stack built, if it can be deployed.

    Raises:
        InvalidInputError: It is no template, is called otherwise, or is no JSON.
    """
    path = f"stacks/{name}"
    if not isinstance(built, StackTemplate):
        message = f"its build returns {type(built).__name__}, not a StackTemplate"
        raise InvalidInputError(Problem(path=path, message=message))
    expected = (name, context.stack_name(name))
    if (built.name, built.stack_name) != expected:
        message = f"its template is called {built.name!r}, {built.stack_name!r}"
        hint = f"name={expected[0]!r}, stack_name=context.stack_name({expected[0]!r})"
        raise InvalidInputError(Problem(path=path, message=message, hint=hint))
    try:
        json.dumps(built.document)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"its template is no JSON: {error}"
        raise InvalidInputError(Problem(path=path, message=message)) from error
    return built


def settings_problem(path: str, settings: object) -> Problem | None:
    """Return what is wrong with something that is given as settings."""
    if isinstance(settings, StackSettings):
        return None
    message, hint = f"{settings!r} are no settings", "for example StackSettings(…)"
    return Problem(path=path, message=message, hint=hint)


def deployment_problems(template: StackTemplate) -> Iterator[Problem]:
    """Yield what is wrong with a template together with its tags and settings."""
    path, settings = f"stacks/{template.name}", template.settings
    if len(template.tags) > MAXIMUM_TAGS:
        message = f"has {len(template.tags)} tags with those of the app"
        yield Problem(path=f"{path}/tags", message=message, hint=f"at most {MAXIMUM_TAGS}")
    for each in settings.references:
        if each.stack == template.name:
            message = f"refer to {each.output!r}, an output of the stack itself"
            hint = "give the stack settings of its own, without it"
            yield Problem(path=f"{path}/settings", message=message, hint=hint)
    resources: Mapping[str, object] = template.document.get("Resources", {})
    for name in protected_names(settings.stack_policy or {}):
        if not any(fnmatchcase(each, name) for each in resources):
            message, hint = f"{name!r} is no resource of the stack", nearest(name, resources)
            yield Problem(path=f"{path}/settings/stack_policy", message=message, hint=hint)
