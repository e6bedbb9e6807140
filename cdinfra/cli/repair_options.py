"""The options about stacks that are stuck, and what they come to: :class:`Repairs`."""

from functools import wraps
from typing import Any

import click

from cdinfra.cli.options import Callback
from cdinfra.deploy.repairs import Repairs

RESOURCE = "STACK/NAME"
"""How a resource is named: the stack's name within the app, and the name in its template."""


def rollback_options(callback: Callback) -> Callback:
    """Give a command the options about rollbacks that failed, as ``repairs``."""

    @wraps(callback)
    def with_repairs(
        *args: Any,  # noqa: ANN401 - click's signature
        continue_rollback: bool,
        skipped: tuple[str, ...],
        **values: Any,  # noqa: ANN401 - as above
    ) -> None:
        repairs = Repairs(continue_rollback=continue_rollback, skipped=skipped)
        callback(*args, repairs=repairs, **values)

    skip = click.option(
        "--skip-resource",
        "skipped",
        multiple=True,
        metavar=RESOURCE,
        help="Leave a resource as it is that blocks such a rollback; may be repeated.",
    )
    finish = click.option(
        "--continue-rollback",
        is_flag=True,
        help="First finish the rollbacks that failed (UPDATE_ROLLBACK_FAILED).",
    )
    return finish(skip(with_repairs))


def deletion_options(callback: Callback) -> Callback:
    """Give a command the options about deletions that failed, as ``repairs``."""

    @wraps(callback)
    def with_repairs(
        *args: Any,  # noqa: ANN401 - click's signature
        retained: tuple[str, ...],
        forced: bool,
        **values: Any,  # noqa: ANN401 - as above
    ) -> None:
        callback(*args, repairs=Repairs(retained=retained, forced=forced), **values)

    force = click.option(
        "--force",
        "forced",
        is_flag=True,
        help="Where a deletion has failed before: leave in the account whatever cannot be deleted.",
    )
    retain = click.option(
        "--retain",
        "retained",
        multiple=True,
        metavar=RESOURCE,
        help="Leave a resource in the account that kept its stack from being deleted; may be "
        "repeated.",
    )
    return retain(force(with_repairs))
