"""The options that rollouts share, and what they come to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeAlias

import click

from cdinfra.cli.options import YES_OPTION, Callback, Manner
from cdinfra.cli.transport_options import Reach, reach_options
from cdinfra.rollout.record import Author
from cdinfra.rollout.strategy import Share, Strategy

LONGEST_SECONDS = 86_400
"""A day: nobody watches a release for longer in one command."""

_SHARE = re.compile(r"(?P<number>[0-9]{1,6})(?P<percent>%?)", re.ASCII)

Decorator: TypeAlias = Callable[[Callback], Callback]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutRequest:
    """What the options of a rollout say, beside its strategy.

    Attributes:
        manner: Whether a person is asked.
        author: Who does it, as far as the options say.
        reach: How hosts are reached.
        wait_lock: How long to wait for the lock, in seconds.
    """

    manner: Manner
    author: Author
    reach: Reach
    wait_lock: float = 0.0


class ShareType(click.ParamType[Share]):
    """A number of hosts, ``2``, or a share of the fleet, ``25%``.

    Args:
        least: Smallest number that makes sense.
    """

    name = "share"

    def __init__(self, least: int) -> None:
        self._least = least

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Share:
        """Read it."""
        if isinstance(value, Share):
            return value
        found = _SHARE.fullmatch(str(value).strip())
        if found is None:
            self.fail(
                f"{value!r} is neither a number of hosts, as 2, nor a share, as 25%", param, ctx
            )
        share = Share(number=int(found["number"]), is_percent=bool(found["percent"]))
        if share.is_percent and share.number > 100:
            self.fail(f"{value!r} is more than the whole fleet", param, ctx)
        if share.number < self._least:
            self.fail(f"{value!r} is too few, {self._least} is the least", param, ctx)
        return share


def _share(name: str, default: Share, help_text: str, *, least: int = 1) -> Decorator:
    return click.option(
        name,
        type=ShareType(least),
        metavar="N|N%",
        default=default,
        show_default=str(default),
        help=help_text,
    )


def _seconds(name: str, default: float, help_text: str, parameter: str | None = None) -> Decorator:
    return click.option(
        name,
        *filter(None, (parameter,)),
        type=click.IntRange(0, LONGEST_SECONDS),
        metavar="SECONDS",
        default=int(default),
        show_default=True,
        help=help_text,
    )


_DEFAULT = Strategy()

_STRATEGY_OPTIONS: tuple[Decorator, ...] = (
    _share(
        "--canary",
        _DEFAULT.canary,
        "Hosts that get the release first, alone; 0 for none. Where it fails on one of them, the "
        "rollout stops and goes back.",
        least=0,
    ),
    _share("--batch", _DEFAULT.batch, "Hosts in each batch after that."),
    _share(
        "--max-unavailable",
        _DEFAULT.max_unavailable,
        "Hosts of a batch that are worked on at a time.",
    ),
    _share(
        "--max-failures",
        _DEFAULT.max_failures,
        "Hosts that may fail before the rollout stops and goes back.",
        least=0,
    ),
    _seconds(
        "--bake",
        _DEFAULT.bake_seconds,
        "How long the canary has to stay healthy before the rest follows.",
    ),
    _seconds("--pause", _DEFAULT.pause_seconds, "How long each further batch has to stay healthy."),
    click.option(
        "--drain",
        is_flag=True,
        help="Take each host out of its load balancers before its swap, and wait until its "
        "connections have ended.",
    ),
)


def strategy_options(callback: Callback) -> Callback:
    """Give a command the options about batches, limits and pauses, as ``strategy``."""

    @wraps(callback)
    def with_strategy(*args: Any, **values: Any) -> None:  # noqa: ANN401 - click's signature
        strategy = Strategy(
            canary=values.pop("canary"),
            batch=values.pop("batch"),
            max_unavailable=values.pop("max_unavailable"),
            max_failures=values.pop("max_failures"),
            bake_seconds=values.pop("bake"),
            pause_seconds=values.pop("pause"),
            drains=values.pop("drain"),
        )
        callback(*args, strategy=strategy, **values)

    return _decorated(with_strategy, _STRATEGY_OPTIONS)


_ROLLOUT_OPTIONS: tuple[Decorator, ...] = (
    YES_OPTION,
    click.option("--ask", is_flag=True, help="Ask first, in the local cloud too."),
    _seconds(
        "--wait-lock",
        0,
        "How long to wait where another rollout of the group holds the lock.",
    ),
    click.option(
        "--by",
        metavar="WHO",
        default="",
        help="Who does it, for lock and history; by default "
        "whom the CI server names, else user and machine.",
    ),
    click.option(
        "--run-url",
        metavar="URL",
        default="",
        help="Address of the CI server's run, for lock "
        "and history; by default the one that the CI server tells.",
    ),
    click.option(
        "--commit",
        metavar="SHA",
        default="",
        help="Commit that the image was built from, for "
        "the history; by default the CI server's, else the one that is checked out.",
    ),
)


def rollout_options(callback: Callback) -> Callback:
    """Give a command the options about asking, the lock, transport and author, as ``options``."""

    @wraps(callback)
    def with_options(
        *args: Any,  # noqa: ANN401 - click's signature
        reach: Reach,
        **values: Any,  # noqa: ANN401 - as above
    ) -> None:
        options = RolloutRequest(
            manner=Manner(assume_yes=values.pop("assume_yes"), ask=values.pop("ask")),
            author=Author(
                who=values.pop("by"),
                run_url=values.pop("run_url"),
                commit=values.pop("commit"),
            ),
            reach=reach,
            wait_lock=values.pop("wait_lock"),
        )
        callback(*args, options=options, **values)

    return _decorated(reach_options(with_options), _ROLLOUT_OPTIONS)


def _decorated(callback: Callback, options: tuple[Decorator, ...]) -> Callback:
    decorated = callback
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show the plan, which asks every host, and change nothing."
)
