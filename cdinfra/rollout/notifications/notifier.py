"""Tells receivers of a rollout, from its events; one who cannot be told is a note, no failure."""

from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any

from cdinfra.deploy.clock import Clock
from cdinfra.errors import CdinfraError
from cdinfra.rollout.events import (
    Noticed,
    OnRolloutEvent,
    RolloutEvent,
    RolloutFinished,
    RolloutStarted,
)
from cdinfra.rollout.notifications.message import body_of, end_message, start_message, subject_of
from cdinfra.rollout.notifications.receivers import Receiver
from cdinfra.rollout.record import Author

TRIES = 2
TRY_SECONDS = 5.0
"""How long one try may take, whatever it waits for: a name, a connection, an answer."""

PAUSE_SECONDS = 1.0
"""Between two tries."""


class Notifier:
    """Passes the events of a rollout on, and sends a message for the first and the last.

    The last one is sent by :meth:`close`, when the lock has been given back.

    Args:
        receivers: Those who are told.
        author: Who does the rollout.
        clock: What time it is, and how to wait.
        on_event: Told of every event, and of a message that was not taken.
    """

    def __init__(
        self,
        receivers: Sequence[Receiver],
        author: Author,
        clock: Clock,
        on_event: OnRolloutEvent,
    ) -> None:
        self._receivers = receivers
        self._author = author
        self._clock = clock
        self._on_event = on_event
        self._start: dict[str, Any] | None = None
        self._end: dict[str, Any] | None = None

    def on_event(self, event: RolloutEvent) -> None:
        """Pass an event on, and send the message of the first one."""
        self._on_event(event)
        match event:
            case RolloutStarted():
                self._start = start_message(event, self._author, self._clock.now())
                self._send(self._start)
            case RolloutFinished() if self._start is not None:
                self._end = end_message(self._start, event, self._clock.now())
            case _:
                pass

    def close(self) -> None:
        """Send the message of how it ended, where it began."""
        message, self._start, self._end = self._end, None, None
        if message is not None:
            self._send(message)

    def _send(self, message: dict[str, Any]) -> None:
        for each in self._receivers:
            failure = self._try(each, message)
            if failure:
                text = f"{each.label} was not told that it {message['event']}: {failure}"
                self._on_event(Noticed(text=text))

    def _try(self, receiver: Receiver, message: dict[str, Any]) -> str:
        subject, body = subject_of(message), body_of(message)
        failure = ""
        for number in range(TRIES):
            if number:
                self._clock.sleep(PAUSE_SECONDS)
            failure = within(TRY_SECONDS, lambda: receiver.send(subject, body))
            if not failure:
                break
        return failure


def within(seconds: float, send: Callable[[], str]) -> str:
    """Return why a sending failed, or that it took too long; empty where it went well.

    A thread, since no timeout of a connection bounds the whole: names are looked up without
    one, and a server may send its answer byte by byte.

    Args:
        seconds: How long it may take. What takes longer is not waited for.
        send: Sends; returns why it failed.
    """
    answers: list[str] = []

    def run() -> None:
        try:
            answers.append(send())
        except CdinfraError as error:
            answers.append(error.message)

    thread = Thread(target=run, name="notification", daemon=True)
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else f"it took longer than {seconds:g} s"
