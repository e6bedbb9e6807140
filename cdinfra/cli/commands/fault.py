"""``cdinfra local fault``: makes the local cloud fail on request, to see how that looks."""

from collections.abc import Iterable
from dataclasses import fields

import click

from cdinfra.cli.command import Command
from cdinfra.cli.lazy import LazyGroup
from cdinfra.cli.local_cloud import running
from cdinfra.cli.options import Request, local_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.tables import table
from cdinfra.cli.screen import result
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.local.fault_types import (
    ActiveFault,
    CallFaultKind,
    Fault,
    ResourceFaultKind,
    read_fault,
    write_active_fault,
)

WHOLE_NUMBERS = frozenset({"after", "every", "times"})

fault = LazyGroup(
    name="fault",
    places={
        "add": "cdinfra.cli.commands.fault:fault_add",
        "list": "cdinfra.cli.commands.fault:fault_list",
        "clear": "cdinfra.cli.commands.fault:fault_clear",
    },
    help="""Make the local cloud fail on request, to see how that looks.""",
    no_args_is_help=True,
)


@click.command(
    "add",
    cls=Command,
    notes=(
        "Settings of every kind:",
        "  after=N       so many matching calls or actions pass first",
        "  every=N       then each so many-th one is struck",
        "  times=N       so often, then never again",
        "  seconds=N     how long a slow one takes longer",
        f"Of {', '.join(CallFaultKind)}:",
        "  service=NAME  operation=NAME",
        f"Of {', '.join(ResourceFaultKind)}:",
        "  stack=NAME  logical_id=NAME  resource_type=NAME  action=create|update|delete",
        "  reason=TEXT",
    ),
    examples=(
        "cdinfra local fault add throttled operation=DescribeStackEvents times=3",
        "cdinfra local fault add resource-fails resource_type=AWS::EC2::VPC reason='no quota'",
        "cdinfra local fault add host-silent stack='shop-dev-*'",
    ),
)
@click.argument("kind")
@click.argument("settings", nargs=-1, metavar="[NAME=VALUE]...")
@local_options
def fault_add(request: Request, kind: str, settings: tuple[str, ...]) -> None:
    """Ask for a fault of a KIND. Names may hold * and ?."""
    wanted = _fault(kind, settings)
    active = running(request).control.add_fault(wanted)
    result(document(write_active_fault(active)) if request.as_json else _lines((active,)))


@click.command("list", cls=Command, examples=("cdinfra local fault list",))
@local_options
def fault_list(request: Request) -> None:
    """Show the faults that were asked for, and how often each has struck."""
    active = running(request).control.faults()
    shown = document({"faults": [write_active_fault(each) for each in active]})
    result(shown if request.as_json else _lines(active))


@click.command(
    "clear",
    cls=Command,
    examples=(
        "cdinfra local fault clear",
        "cdinfra local fault clear fault-1",
    ),
)
@click.argument("fault_id", default="", metavar="[ID]")
@local_options
def fault_clear(request: Request, fault_id: str) -> None:
    """Take a fault back, or all of them."""
    running(request).control.clear_faults(fault_id)
    result(document({"cleared": fault_id or "all"}) if request.as_json else "Cleared.")


def _fault(kind: str, settings: Iterable[str]) -> Fault:
    values: dict[str, object] = {"kind": kind}
    problems = []
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            hint = "write NAME=VALUE, for example times=3"
            problems.append(Problem(path=setting, message="is no setting", hint=hint))
        values[name.replace("-", "_")] = _number(name, value)
    if problems:
        raise InvalidInputError(problems)
    return read_fault(values)


def _number(name: str, value: str) -> object:
    """Return a number where one belongs; anything else is for the reader to refuse."""
    try:
        if name in WHOLE_NUMBERS:
            return int(value)
        return float(value) if name == "seconds" else value
    except ValueError:
        return value


def _lines(active: Iterable[ActiveFault]) -> list[str]:
    rows = [
        (each.fault_id, each.fault.kind, str(each.struck), _settings(each.fault)) for each in active
    ]
    return table(("ID", "KIND", "STRUCK", "SETTINGS"), rows) if rows else ["No fault is asked for."]


def _settings(wanted: Fault) -> str:
    return " ".join(
        f"{field.name}={value}"
        for field in fields(wanted)
        if field.name != "kind" and (value := getattr(wanted, field.name)) != field.default
    )
