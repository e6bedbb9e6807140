"""Turns Ctrl-C during a rollout into a question, put when the hosts at work are done."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

import click

from cdinfra.cli.access import access
from cdinfra.cli.presses import Presses
from cdinfra.cli.render.rollout_words import runs, short
from cdinfra.cli.render.words import count
from cdinfra.cli.rollout_view import RolloutView
from cdinfra.cli.screen import tell
from cdinfra.rollout.interrupts import Decision, Standing

QUESTION = "[l]eave it like this, go [b]ack, or go [o]n?"
QUESTION_WITHOUT_WAY_BACK = "[l]eave it like this, or go [o]n?"


class RolloutInterrupts(Presses):
    """Hears Ctrl-C while a rollout is carried out, and asks what is wanted.

    Without a terminal nobody can be asked: then Ctrl-C leaves the rollout at once, as a
    second Ctrl-C does. So does SIGTERM, by which CI servers end a job: the lock is given
    back then, instead of running out.

    Args:
        view: What is shown; it rests during the question.
    """

    def __init__(self, view: RolloutView) -> None:
        super().__init__(access().clock, can_ask=access().can_ask)
        self._view = view

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear Ctrl-C and SIGTERM as long as the context lasts."""
        with _terminated(), super().heard():
            yield

    def on_press(self) -> None:
        """Show that it was heard, though nobody is asked yet."""
        self._view.show_stopping()

    def decide(self, standing: Standing) -> Decision:
        """Return what a person wants who has pressed Ctrl-C since the last call."""
        if not self.was_pressed():
            return Decision.GO_ON
        with self._view.paused(), self.unheard():
            return _ask(standing)


@contextmanager
def _terminated() -> Iterator[None]:
    """Let SIGTERM interrupt as Ctrl-C does."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _ask(standing: Standing) -> Decision:
    can_go_back = bool(standing.from_release)
    left = count(standing.left, "host")
    have = "has" if standing.left == 1 else "have"
    tell(["", f"{runs(standing.changed, standing.release)} by now; {left} {have} not had a turn."])
    if can_go_back and standing.changed:
        tell(f"Back would be to {short(standing.from_release)}.")
    question = QUESTION if can_go_back else QUESTION_WITHOUT_WAY_BACK
    try:
        return click.prompt(
            click.style(question, bold=True),
            default="o",
            value_proc=_reader(can_go_back=can_go_back),
            err=True,
        )
    except click.Abort:
        # Ctrl-C once more.
        tell()
        return Decision.LEAVE


def _reader(*, can_go_back: bool) -> Callable[[str], Decision]:
    answers = {"l": Decision.LEAVE, "o": Decision.GO_ON}
    if can_go_back:
        answers["b"] = Decision.GO_BACK

    def read(answer: str) -> Decision:
        decision = answers.get(answer.strip().lower()[:1])
        if decision is None:
            raise click.UsageError("answer l, b or o" if can_go_back else "answer l or o")
        return decision

    return read
