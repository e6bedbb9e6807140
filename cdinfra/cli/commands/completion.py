"""``cdinfra completion``: what a shell has to know to complete this command."""

from enum import StrEnum

import click
from click.shell_completion import get_completion_class

from cdinfra.cli.command import Command
from cdinfra.cli.screen import result

COMPLETE_VARIABLE = "_CDINFRA_COMPLETE"
"""The environment variable by which a shell asks; click derives it from the program's name."""


class Shell(StrEnum):
    """A shell that can complete commands."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@click.command(
    "completion",
    cls=Command,
    examples=(
        "cdinfra completion bash >> ~/.bashrc",
        "cdinfra completion zsh > ~/.zfunc/_cdinfra",
        "cdinfra completion fish > ~/.config/fish/completions/cdinfra.fish",
    ),
)
@click.argument("shell", type=click.Choice(Shell, case_sensitive=False))
@click.pass_context
def completion(ctx: click.Context, shell: Shell) -> None:
    """Print the script by which a SHELL completes commands.

    With it the Tab key completes commands, options, the environments and the stacks that
    infra.py has. To know those it runs infra.py; it calls no cloud.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise TypeError(f"click completes nothing for {shell}")
    root = ctx.find_root()
    result(kind(root.command, {}, "cdinfra", COMPLETE_VARIABLE).source().rstrip("\n"))
