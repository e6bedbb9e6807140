"""What a shell completes that only infra.py knows: its environments and its stacks.

A key is pressed, and somebody waits: no cloud is called, and whatever is wrong is silent.
The command itself says what it is.
"""

from collections.abc import Sequence
from contextlib import redirect_stderr
from os import devnull
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdinfra.errors import InvalidInputError

HOSTS_TRAIT = "deploy_group_in"
"""What a stack of hosts has. Its class would cost the import of every resource type, and its
template the building of the whole app, before a name can be shown.
"""

if TYPE_CHECKING:
    from cdinfra.model import App


def complete_env(ctx: click.Context, _: click.Parameter, incomplete: str) -> Sequence[str]:
    """Return the environments of the app file that begin like this."""
    try:
        known: Sequence[str] = _load(ctx).environments
    except InvalidInputError as error:
        # It has no environment of the name that is asked for, and tells those that it has.
        known = [name for problem in error.problems for name in problem.allowed]
    except Exception:  # noqa: BLE001 - a shell that completes shows no error
        known = ()
    return [name for name in known if name.startswith(incomplete)]


def complete_stack(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the stacks of the app file that begin like this and are not named yet."""
    named = ctx.params.get(parameter.name or "") or ()
    try:
        known = [stack.name for stack in _load(ctx).stacks]
    except Exception:  # noqa: BLE001 - a shell that completes shows no error
        return []
    return [name for name in known if name.startswith(incomplete) and name not in named]


def complete_group(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the stacks of hosts of the app file that begin like this."""
    try:
        known = [stack.name for stack in _load(ctx).stacks if hasattr(stack, HOSTS_TRAIT)]
    except Exception:  # noqa: BLE001 - a shell that completes shows no error
        return []
    return [name for name in known if name.startswith(incomplete)]


def _load(ctx: click.Context) -> "App":
    # Here and not above: every command imports this module, few are completed.
    from cdinfra.deploy.load import load_app  # noqa: PLC0415

    with Path(devnull).open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        return load_app(Path(ctx.params["file"]), ctx.params["env"])
