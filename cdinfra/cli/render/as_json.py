"""Values as JSON: the same plan, events and errors that the text shows, for programs."""

import json
from typing import Any

from cdinfra.deploy.plain import kind_name, plain
from cdinfra.deploy.plan import Plan
from cdinfra.errors import CdinfraError, InvalidInputError, RefusedError
from cdinfra.events import Event

INTERNAL = frozenset(
    {
        *("body", "parameters", "settings", "deployed_settings", "needs_change_set"),
        *("change_set_arn", "change_set_parameters", "change_set_settings"),
        *("sets_protection", "sets_policy", "place"),
    }
)
"""Fields of an action that say how it is done, not what changes; parameters hold secrets."""


def document(value: Any) -> str:  # noqa: ANN401 - any value, any JSON
    """Return a value as one indented JSON document."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False)


def line(value: Any) -> str:  # noqa: ANN401 - any value, any JSON
    """Return a value as one line of JSON."""
    return json.dumps(plain(value), ensure_ascii=False)


def event_object(event: Event) -> dict[str, Any]:
    """Return an event as an object whose ``event`` names its kind: ``stack_started``."""
    return {"event": kind_name(type(event)), **plain(event)}


def plan_object(plan: Plan) -> dict[str, Any]:
    """Return a plan as an object: what changes, without the templates themselves."""
    actions = [
        {
            **{name: value for name, value in plain(action).items() if name not in INTERNAL},
            "hooks": plain(action.hooks),
        }
        for action in plan.actions
    ]
    return {"app": plan.app, "env": plan.env, "is_empty": plan.is_empty, "actions": actions}


def error_object(error: CdinfraError) -> dict[str, Any]:
    """Return an error as ``{"error": {kind, message, hint, exit_code, problems}}``."""
    problems = error.problems if isinstance(error, InvalidInputError | RefusedError) else ()
    return {
        "error": {
            "kind": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "exit_code": error.exit_code,
            "problems": plain(problems),
        }
    }
