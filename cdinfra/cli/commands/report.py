"""``cdinfra report``: the app's deploy groups as a page for people."""

from pathlib import Path
from typing import Any

import click

from cdinfra import __version__
from cdinfra.cli.access import access, connected
from cdinfra.cli.command import Command
from cdinfra.cli.options import Request, request_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.group_status import group_object
from cdinfra.cli.render.report.page import build_page
from cdinfra.cli.screen import result, tell
from cdinfra.deploy.load import load_app
from cdinfra.deploy.locations import refuse_other_account
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.rollout.report import AppReport, GroupReport, read_report

TIMEOUT_SECONDS = 10.0
LONGEST_TIMEOUT_SECONDS = 300.0


@click.command(
    "report",
    cls=Command,
    examples=(
        "cdinfra report --to report.html",
        "cdinfra report --cloud aws --env production --to report.html",
        "cdinfra report --output json | jq '.groups[] | {stack, release: .status.release}'",
    ),
)
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write the page to; by default it goes to stdout.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(1, LONGEST_TIMEOUT_SECONDS),
    default=TIMEOUT_SECONDS,
    show_default=True,
    help="How long to wait for the answers of each group's hosts.",
)
@request_options
def report(request: Request, *, to: Path | None, timeout: float) -> None:
    """Write a page about the app's deploy groups: hosts, releases, drift, history.

    One HTML file that asks nothing of anybody: it can be kept with a build, mailed or
    printed. The last rollout of each group is drawn in time, a row for each host. A group
    that is not deployed is named as such. JSON has the same, and goes to stdout.
    """
    app = load_app(request.file, request.env)
    aws = connected(request, app, start=False)
    refuse_other_account(app, aws.accounts.describe_account)
    found = read_report(aws, app, clock=access().clock, timeout=timeout)
    page = build_page(found, cloud=_cloud(request), version=__version__)
    if to is not None:
        _write(to, page)
    if request.as_json:
        result(document(_object(found)))
    elif to is None:
        result(page.rstrip("\n"))


def _cloud(request: Request) -> str:
    return "AWS" if request.cloud == "aws" else f"the {request.cloud} cloud"


def _write(file: Path, page: str) -> None:
    try:
        file.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        hint = "name a file in a folder that is there, and that you may write to"
        raise InvalidInputError(Problem(path=str(file), message=message, hint=hint)) from None
    tell(f"{file} is written")


def _object(found: AppReport) -> dict[str, Any]:
    return {
        "app": found.app,
        "env": found.env,
        "read_at": found.read_at,
        "groups": [_group_object(each) for each in found.groups],
    }


def _group_object(group: GroupReport) -> dict[str, Any]:
    return {
        "stack": group.stack,
        "status": group_object(group.status) if group.status else None,
        "entries": group.entries,
        "unfinished": group.unfinished,
        "problems": group.problems,
    }
