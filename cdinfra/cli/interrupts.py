"""Turns Ctrl-C into a question, put between two polls: no call is torn in the middle."""

from collections.abc import Sequence

import click

from cdinfra.cli.access import access
from cdinfra.cli.presses import Presses
from cdinfra.cli.render.style import status_text, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import printable
from cdinfra.cli.screen import tell
from cdinfra.cli.view import View
from cdinfra.deploy.cancelling import way_back
from cdinfra.deploy.interrupts import Decision
from cdinfra.deploy.operations import UnderWay

QUESTION = "[d]etach and leave this running, [c]ancel, or [w]ait?"


class Interrupts(Presses):
    """Hears Ctrl-C while a plan is carried out, and asks what is wanted.

    Without a terminal nobody can be asked: then Ctrl-C ends the command, as it does
    anywhere else, and what is under way goes on in the cloud. So does a second Ctrl-C
    that comes before the question.

    Args:
        view: What is shown; it rests during the question.
    """

    def __init__(self, view: View) -> None:
        super().__init__(access().clock, can_ask=access().can_ask)
        self._view = view

    def decide(self, under_way: tuple[UnderWay, ...]) -> Decision:
        """Return what a person wants who has pressed Ctrl-C since the last call."""
        if not self.was_pressed():
            return Decision.WAIT
        if not under_way:
            return Decision.DETACH
        with self._view.paused(), self.unheard():
            return _ask(under_way)


def _ask(under_way: Sequence[UnderWay]) -> Decision:
    rows = [
        (
            strong(printable(each.target.stack)),
            status_text(each.status),
            way_back(each.status),
        )
        for each in under_way
    ]
    tell(["", *table(("UNDER WAY", "STATUS", ""), rows)])
    try:
        return click.prompt(
            click.style(QUESTION, bold=True), default="w", value_proc=_read, err=True
        )
    except click.Abort:
        # Ctrl-C once more.
        tell()
        return Decision.DETACH


def _read(answer: str) -> Decision:
    for each in Decision:
        if answer.strip() and each.startswith(answer.strip().lower()):
            return each
    raise click.UsageError("answer d, c or w")
