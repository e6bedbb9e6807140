"""``cdinfra graph``: the picture of an app."""

from enum import StrEnum
from pathlib import Path

import click

from cdinfra.cli.command import Command
from cdinfra.cli.options import file_and_env_options
from cdinfra.cli.screen import result, tell
from cdinfra.deploy.load import load_app
from cdinfra.deploy.refusals import refuse_unknown
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.graph.build import build_picture
from cdinfra.graph.mermaid import render_mermaid
from cdinfra.graph.svg import render_svg


class GraphFormat(StrEnum):
    """How a picture is written."""

    MERMAID = "mermaid"
    SVG = "svg"


_RENDERERS = {GraphFormat.MERMAID: render_mermaid, GraphFormat.SVG: render_svg}


@click.command(
    "graph",
    cls=Command,
    examples=(
        "cdinfra graph",
        "cdinfra graph --format svg --out docs/app.svg",
        "cdinfra graph --stack web --env production",
    ),
)
@click.option(
    "--format",
    "graph_format",
    type=click.Choice(GraphFormat, case_sensitive=False),
    help="How the picture is written; by default as mermaid, and as SVG into a file of that name.",
)
@click.option(
    "--stack",
    "stacks",
    multiple=True,
    metavar="NAME",
    help="Show this stack and what it touches; can be given several times.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write; by default the picture goes to stdout.",
)
@file_and_env_options
def graph(
    graph_format: GraphFormat | None,
    stacks: tuple[str, ...],
    out: Path | None,
    file: Path,
    env: str,
) -> None:
    """Draw the app: its stacks, hosts and stores, and who may talk to whom at which port.

    Read from the templates, without a look at any cloud: security groups and listeners say
    who reaches whom. The same app gives the same bytes.
    """
    app = load_app(file, env)
    templates = app.build()
    refuse_unknown(stacks, {each.name for each in templates})
    picture = build_picture(f"{app.name} {app.env}", templates, only=stacks)
    is_svg = out is not None and out.suffix == ".svg"
    default = GraphFormat.SVG if is_svg else GraphFormat.MERMAID
    text = _RENDERERS[graph_format or default](picture)
    if out is None:
        result(text.rstrip("\n"))
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise InvalidInputError(Problem(path=str(out), message=message)) from None
    tell(f"{out} is written")
