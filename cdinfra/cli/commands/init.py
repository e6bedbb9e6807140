"""``cdinfra init``: the files with which a team's own repository begins."""

from pathlib import Path

import click

from cdinfra.cli.command import Command
from cdinfra.cli.screen import can_ask, result, tell
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.scaffold.scaffold import CiServer, Scaffold, load_scaffold
from cdinfra.scaffold.write import apply_scaffold

NEXT_STEPS = """
Next, in {folder}:
  make stack-up     bring the app up in a local cloud on this machine
  make stack-diff   after an edit of infra.py: show what would change
  make help         everything else"""


@click.command(
    "init",
    cls=Command,
    examples=(
        "cdinfra init --owner shop-team@example.com",
        "cdinfra init shop --owner shop-team@example.com --ci gitlab --region eu-central-1",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--app", metavar="NAME", help="Name of the app; by default the folder's name.")
@click.option("--owner", metavar="TEXT", help="Who answers for the app: a team or an address.")
@click.option("--region", metavar="NAME", help="AWS region of the app.")
@click.option(
    "--ci",
    type=click.Choice(CiServer, case_sensitive=False),
    multiple=True,
    default=(CiServer.GITHUB.value,),
    show_default=True,
    help="CI server to write a configuration for; may be given several times.",
)
@click.option(
    "--keep-existing",
    is_flag=True,
    help="Leave files as they are that exist already, and write the others.",
)
def init(
    folder: Path,
    *,
    app: str | None,
    owner: str | None,
    region: str | None,
    ci: tuple[CiServer, ...],
    keep_existing: bool,
) -> None:
    """Write infra.py, a Makefile and a CI configuration into a FOLDER, by default this one."""
    scaffold = Scaffold(
        app=app if app is not None else folder.resolve().name,
        owner=owner if owner is not None else _ask_for_owner(),
        region=region,
        ci=ci,
    )
    written = apply_scaffold(folder, load_scaffold(scaffold), keep_existing=keep_existing)
    result(str(folder / path) for path in written.created)
    tell(f"kept as it is: {folder / path}" for path in written.kept)
    tell(NEXT_STEPS.format(folder=folder.resolve()))


def _ask_for_owner() -> str:
    if not can_ask():
        problem = Problem(path="--owner", message="is needed", hint="a team or an address")
        raise InvalidInputError(problem)
    answer: str = click.prompt("Owner (a team or an address)", err=True)
    return answer
