"""A command whose help ends with examples, kept as data so that tests can see and run them."""

from typing import Any

import click


class Command(click.Command):
    """A command with examples.

    Args:
        examples: Command lines as a user types them.
        notes: Lines that help shows as they are, between the text and the options.
        attributes: What :class:`click.Command` takes.
    """

    def __init__(
        self,
        *,
        examples: tuple[str, ...],
        notes: tuple[str, ...] = (),
        **attributes: Any,  # noqa: ANN401 - click's own signature
    ) -> None:
        super().__init__(**attributes)
        self.examples = examples
        self.notes = notes

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the text and the notes."""
        super().format_help_text(ctx, formatter)
        if self.notes:
            formatter.write_paragraph()
            formatter.write("".join(f"  {note}\n" for note in self.notes))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the examples."""
        with formatter.section("Examples"):
            formatter.write("".join(f"  {example}\n" for example in self.examples))
