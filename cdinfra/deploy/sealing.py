"""Makes of a plan what is saved of it: in a fixed order, readable, and without secrets; pure."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial, reduce
from typing import Any

from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.deploy.inputs import HIDDEN, is_hidden
from cdinfra.deploy.observe import Observed, ObservedStack
from cdinfra.deploy.plain import sha256
from cdinfra.deploy.plan import Plan, PropertyChange, ResourceChange, StackAction
from cdinfra.deploy.saved_plan import CloudPlace, DeployedStack, SavedPlan, SavedStack
from cdinfra.deploy.user_data_spelling import readable_user_data, with_readable_user_data

SEALED = "scrypt:"
"""How the hash of a hidden value begins."""

SCRYPT_COST = 2**14
"""Makes guessing a short secret by its hash slow. Source: RFC 7914, section 2, with r=8, p=1."""


def build_saved_plan(
    plan: Plan, observed: Observed, *, place: CloudPlace, only: tuple[str, ...]
) -> SavedPlan:
    """Return a plan as it is saved.

    Args:
        plan: What will be done, with what happens to each resource.
        observed: What exists.
        place: Where.
        only: Names of the stacks that the plan was narrowed to.
    """
    return SavedPlan(
        app=plan.app,
        env=plan.env,
        place=place,
        only=only,
        stacks=tuple(_saved(each, observed.stacks.get(each.stack)) for each in plan.actions),
    )


def _saved(action: StackAction, observed: ObservedStack | None) -> SavedStack:
    # Compressed bytes depend on the machine, and nobody can read them.
    document = with_readable_user_data(json.loads(action.body)) if action.body else {}
    hidden = {name: each for name, each in action.parameters.items() if is_hidden(document, name)}
    sealed = {name: _sealed(action.stack_name, name, each) for name, each in hidden.items()}
    return SavedStack(
        action=replace(
            action,
            body="",
            parameters={**action.parameters, **sealed},
            resources=_in_order(action.resources, hidden.values()),
            change_set_arn="",
            change_set_parameters={},
            change_set_settings=OperationSettings(),
        ),
        template=_with_hidden_defaults(document, lambda *_: HIDDEN),
        template_sha256=_hash(document, action.stack_name) if action.body else "",
        deployed=_deployed(observed) if observed else None,
    )


def _sealed(stack_name: str, parameter: str, value: str) -> str:
    salt = f"{stack_name}/{parameter}".encode()
    return SEALED + hashlib.scrypt(value.encode(), salt=salt, n=SCRYPT_COST, r=8, p=1).hex()


def _in_order(
    resources: tuple[ResourceChange, ...], hidden: Iterable[str]
) -> tuple[ResourceChange, ...]:
    """Return changes in an order that does not hang on the cloud's answer, without secrets."""
    secrets = tuple(filter(None, hidden))
    return tuple(
        replace(each, properties=_readable(each.properties, secrets))
        for each in sorted(resources, key=lambda one: one.logical_id)
    )


def _readable(
    properties: tuple[PropertyChange, ...], secrets: tuple[str, ...]
) -> tuple[PropertyChange, ...]:
    def shown(path: str, value: str | None) -> str | None:
        if value is None:
            return None
        text = readable_user_data(value) if path.endswith("UserData") else value
        # CloudFormation masks them; a file that is passed around does not rely on it.
        return reduce(lambda rest, secret: rest.replace(secret, HIDDEN), secrets, text)

    return tuple(
        replace(each, before=shown(each.path, each.before), after=shown(each.path, each.after))
        for each in sorted(properties, key=lambda one: one.path)
    )


def _with_hidden_defaults(
    document: Mapping[str, Any], hide: Callable[[str, str], str]
) -> Mapping[str, Any]:
    parameters = {
        name: {**each, "Default": hide(name, str(each["Default"]))}
        if "Default" in each and is_hidden(document, name)
        else each
        for name, each in document.get("Parameters", {}).items()
    }
    return {**document, "Parameters": parameters} if parameters else document


def _deployed(observed: ObservedStack) -> DeployedStack:
    description, document = observed.description, observed.document
    return DeployedStack(
        stack_id=description.stack_id,
        status=description.status,
        created_at=description.created_at.isoformat(),
        updated_at=_moment(description.updated_at),
        template_sha256=_hash(document, description.name) if document is not None else "",
        parameters=description.parameters,
        resolved=description.resolved,
        tags=description.tags,
        protected=description.protected,
        settings=description.settings,
    )


def _hash(document: Mapping[str, Any], stack_name: str) -> str:
    # All the rest is in the file: a plain hash would tell a hidden default to who guesses it.
    sealed = _with_hidden_defaults(document, partial(_sealed, stack_name))
    return sha256(json.dumps(sealed, sort_keys=True).encode())


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
