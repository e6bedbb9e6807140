"""Finds the deploy group that a person means."""

from collections.abc import Iterable, Mapping
from typing import Any

from cdinfra.aws.cloud import Aws
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackDescription
from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import HOME, Deployable, StackTemplate
from cdinfra.model.release import RELEASE_PARAMETER
from cdinfra.rollout.group import DeployGroup

GROUP_OUTPUT = "DeployGroup"
"""Output of a stack of hosts with the value of their tag."""

BUCKET_OUTPUT = "BucketName"
"""Output of a foundational stack that names the app's bucket."""

_NOT_THERE = frozenset({StackStatus.REVIEW_IN_PROGRESS, StackStatus.DELETE_COMPLETE})


def find_group(aws: Aws, app: Deployable, name: str) -> DeployGroup:
    """Return the deploy group of that name.

    Args:
        aws: The app's own place; the group may be in another one.
        app: The app.
        name: Name of its stack, ``web``, or the value of its hosts' tag ``DeployGroup``.

    Raises:
        InvalidInputError: There is no such group, it is not of one stack alone, its stack is
            not deployed, or the app has no bucket.
        CloudError: The cloud cannot be asked.
    """
    templates = app.build()
    groups = group_templates(app)
    template = _named(name, groups)
    if template is None:
        raise InvalidInputError(_unknown(name, templates, groups))
    _refuse_shared(template, groups)
    stack = _describe(aws, template)
    if stack is None:
        message = f"its stack {template.stack_name} is not deployed"
        hint = f"cdinfra up {template.name}"
        raise InvalidInputError(Problem(path=f"GROUP {name}", message=message, hint=hint))
    return DeployGroup(
        app=app.name,
        env=app.env,
        stack=template.name,
        stack_name=template.stack_name,
        name=stack.outputs.get(GROUP_OUTPUT) or _tag_in(template) or template.stack_name,
        bucket=_bucket(aws, app, template),
        place=template.place,
    )


def find_stack(app: Deployable, name: str) -> StackTemplate:
    """Return the stack of a group, also of one whose hosts run no release.

    Args:
        app: The app.
        name: Name of the stack within it, or the value of its hosts' tag ``DeployGroup``.

    Raises:
        InvalidInputError: The app has no such stack.
    """
    templates = app.build()
    found = _named(name, templates)
    if found is None:
        names = tuple(each.name for each in templates)
        problem = Problem(
            path="GROUP",
            message=f"{app.name} has no stack {name!r}",
            hint=nearest(name, names),
            allowed=names,
        )
        raise InvalidInputError(problem)
    return found


def group_templates(app: Deployable) -> tuple[StackTemplate, ...]:
    """Return the stacks of an app that have hosts which run a release, in their order."""
    return tuple(each for each in app.build() if RELEASE_PARAMETER in each.parameters)


def _refuse_shared(template: StackTemplate, groups: Iterable[StackTemplate]) -> None:
    """Refuse a group of several stacks, of which a rollout could give its release to one alone.

    Its hosts are known by their tag, and so are its lock and its history.
    """
    tag = _tag_in(template)
    sharing = [
        each.name for each in groups if tag and (_tag_in(each), each.place) == (tag, template.place)
    ]
    if len(sharing) > 1:
        stacks = " and ".join(sharing)
        problem = Problem(
            path=f"GROUP {template.name}",
            message=f"{stacks} have the same tag DeployGroup, {tag}: a group is of one stack",
            hint="give each a deploy_group of its own, or none, then: cdinfra up",
        )
        raise InvalidInputError(problem)


def _unknown(
    name: str, templates: Iterable[StackTemplate], groups: Iterable[StackTemplate]
) -> Problem:
    names = [each.name for each in groups]
    if name in {each.name for each in templates}:
        message = "is a stack without hosts that run a release"
    else:
        message = "is no deploy group of this app"
    hint = nearest(name, names) if names else "the app has no DockerHosts or DockerHost"
    return Problem(path=f"GROUP {name}", message=message, hint=hint, allowed=tuple(names))


def _named(name: str, templates: Iterable[StackTemplate]) -> StackTemplate | None:
    """Return the stack that a person means; a stack's own name goes before a tag."""
    meant = [each for each in templates if name in (each.name, _tag_in(each))]
    return min(meant, key=lambda each: each.name != name, default=None)


def _tag_in(template: StackTemplate) -> str:
    """Return the value of the tag, as the template says it."""
    outputs: Mapping[str, Any] = template.document.get("Outputs", {})
    value = outputs.get(GROUP_OUTPUT, {}).get("Value")
    return value if isinstance(value, str) else ""


def _describe(aws: Aws, template: StackTemplate) -> StackDescription | None:
    found = aws.at(template.place).stacks.describe_stack(template.stack_name)
    return None if found is None or found.status in _NOT_THERE else found


def _bucket(aws: Aws, app: Deployable, group: StackTemplate) -> str:
    """Return the bucket of the group's place; where that has none, the app's own place's."""
    every = {each.name: each for each in app.build()}
    foundations = [every[name] for name in app.foundations if name in every]
    near = [each for each in foundations if each.place == group.place]
    near += [each for each in foundations if each.place == HOME and each not in near]
    for each in near:
        stack = _describe(aws, each)
        if stack is not None and (bucket := stack.outputs.get(BUCKET_OUTPUT)):
            return bucket
    message = "there is no bucket yet that keeps the deploy lock and the history"
    hint = "add Foundation() to the app, then: cdinfra up"
    if near:
        hint = f"cdinfra up {' '.join(each.name for each in near)}"
    raise InvalidInputError(Problem(path=f"GROUP {group.name}", message=message, hint=hint))
