"""A group of commands whose modules are imported only when they are used.

``cdinfra --version`` and one mistyped word must not pay for every command.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group that knows where its commands are, without importing them.

    Args:
        places: For each command the module and the name in it: ``package.module:name``.
        attributes: What :class:`click.Group` takes.
    """

    def __init__(self, *, places: Mapping[str, str], **attributes: Any) -> None:  # noqa: ANN401 - click's own signature
        super().__init__(**attributes)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands, in the order in which help shows them."""
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; None where there is none of that name."""
        if cmd_name not in self.places:
            return None
        module, _, name = self.places[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.places[cmd_name]} is no command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name.

        Raises:
            click.exceptions.NoSuchCommand: There is none; it carries the nearest names.
        """
        if args and args[0] not in self.places and not args[0].startswith("-"):
            raise click.NoSuchCommand(args[0], possibilities=self.places, ctx=ctx)
        return super().resolve_command(ctx, args)
