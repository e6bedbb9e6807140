"""Compares a saved plan with what would be done now, and names each thing that moved; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from cdinfra.deploy.plain import plain
from cdinfra.deploy.plan import ResourceChange, StackAction
from cdinfra.deploy.plan_file import SAVE_ANEW
from cdinfra.deploy.saved_plan import CloudPlace, DeployedStack, SavedPlan, SavedStack
from cdinfra.deploy.sealing import SEALED
from cdinfra.errors import MovedPlanError, Problem

CONSEQUENCES = (
    *("verb", "reason", "deletes_first", "after", "needs_change_set", "values", "user_data"),
    "resources",
)
"""Members of an action that follow from others; told where nothing else explains them."""

SHA256 = "_sha256"
"""How the name of a hash ends; what comes before it is what the hash is of."""

TOLD_ELSEWHERE = frozenset(
    {*CONSEQUENCES, "stack", "stack_name", "status", "stack_id", "body"}
    | {"change_set_arn", "change_set_parameters", "change_set_settings", "deployed_settings"}
)


def refuse_elsewhere(saved: SavedPlan, *, app: str, env: str, place: CloudPlace) -> None:
    """Refuse a plan of another app, or for another place, before anything is asked there.

    Raises:
        MovedPlanError: It is.
    """
    pairs = {
        "app": (saved.app, app),
        "env": (saved.env, env),
        "cloud": (saved.place.cloud, place.cloud),
        "account": (saved.place.account, place.account),
        "region": (saved.place.region, place.region),
    }
    problems = [
        Problem(path=name, message=f"the plan is for {then!r}, not for {now!r}")
        for name, (then, now) in pairs.items()
        if then != now
    ]
    if problems:
        raise MovedPlanError(problems, hint="name what it was made for, or save another plan")


def refuse_moved(saved: SavedPlan, now: SavedPlan) -> None:
    """Refuse a plan that would not be made like that now.

    Args:
        saved: The plan.
        now: What would be planned now.

    Raises:
        MovedPlanError: They differ.
    """
    problems = tuple(_moved(saved, now))
    if problems:
        raise MovedPlanError(problems, hint=f"look at what moved, and {SAVE_ANEW}")


def _moved(saved: SavedPlan, now: SavedPlan) -> Iterator[Problem]:
    before = {each.action.stack: each for each in saved.stacks}
    after = {each.action.stack: each for each in now.stacks}
    for stack in dict.fromkeys((*before, *after)):
        path, one, other = f"stacks/{stack}", before.get(stack), after.get(stack)
        if one is None and other is not None:
            message = f"is not in the plan; now its verb would be {other.action.verb}"
            yield Problem(path=path, message=message)
        elif one is not None and other is None:
            message = f"was to {one.action.verb}; now there is nothing to do with it"
            yield Problem(path=path, message=message)
        elif one is not None and other is not None:
            causes = tuple(_causes(path, one, other))
            yield from causes or _consequences(path, one.action, other.action)


def _causes(path: str, saved: SavedStack, now: SavedStack) -> Iterator[Problem]:
    yield from _deployed(f"{path}/deployed", saved.deployed, now.deployed)
    if _is_another(saved.deployed, now.deployed):
        return
    then, other = saved.template_sha256, now.template_sha256
    yield from _differences(f"{path}/template_sha256", then, other)
    for each in fields(StackAction):
        if each.name not in TOLD_ELSEWHERE:
            then, other = getattr(saved.action, each.name), getattr(now.action, each.name)
            yield from _differences(f"{path}/{each.name}", then, other)


def _deployed(
    path: str, saved: DeployedStack | None, now: DeployedStack | None
) -> Iterator[Problem]:
    if saved is None or now is None:
        if now is not None:
            yield Problem(path=path, message=f"there was no stack, and now it is {now.status}")
        elif saved is not None:
            yield Problem(path=path, message=f"was {saved.status}, and is gone now")
    elif saved.stack_id != now.stack_id:
        yield Problem(path=path, message="was deleted and made anew since")
    else:
        for each in fields(DeployedStack):
            one, other = getattr(saved, each.name), getattr(now, each.name)
            yield from _differences(f"{path}/{each.name}", one, other)


def _is_another(saved: DeployedStack | None, now: DeployedStack | None) -> bool:
    """Whether it is not the same stack, so that nothing else can be expected to be the same."""
    return (saved.stack_id if saved else "") != (now.stack_id if now else "")


def _consequences(path: str, saved: StackAction, now: StackAction) -> Iterator[Problem]:
    for name in CONSEQUENCES[:-1]:
        yield from _differences(f"{path}/{name}", getattr(saved, name), getattr(now, name))
    before, after = _by_name(saved.resources), _by_name(now.resources)
    for name in dict.fromkeys((*before, *after)):
        where, one, other = f"{path}/resources/{name}", before.get(name), after.get(name)
        if one is None or other is None:
            message = "would change too" if other else "would not change any more"
            yield Problem(path=where, message=message)
        else:
            for each in fields(ResourceChange):
                then, then_now = getattr(one, each.name), getattr(other, each.name)
                yield from _differences(f"{where}/{each.name}", then, then_now)


def _by_name(resources: Iterable[ResourceChange]) -> dict[str, ResourceChange]:
    return {each.logical_id: each for each in resources}


def _differences(path: str, then: Any, now: Any) -> Iterator[Problem]:  # noqa: ANN401 - any field
    then, now = plain(then), plain(now)
    if then == now:
        return
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*then, *now)):
            yield from _differences(f"{path}/{name}", then.get(name), now.get(name))
    elif path.endswith(SHA256):
        message = f"has the hash {str(now)[:12] or 'none'}, not {str(then)[:12] or 'none'}"
        yield Problem(path=path.removesuffix(SHA256), message=message)
    elif str(then).startswith(SEALED) or str(now).startswith(SEALED):
        yield Problem(path=path, message="has another value now, which is hidden")
    elif isinstance(then, str | bool | None) and isinstance(now, str | bool | None):
        yield Problem(path=path, message=f"was {_told(then)}, and is {_told(now)} now")
    elif _are_texts(then) and _are_texts(now):
        message = f"was {_told(', '.join(then))}, and is {_told(', '.join(now))} now"
        yield Problem(path=path, message=message)
    else:
        yield Problem(path=path, message="is another now")


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _told(value: str | bool | None) -> str:
    return "not set" if value is None else repr(str(value)) if value != "" else "empty"
