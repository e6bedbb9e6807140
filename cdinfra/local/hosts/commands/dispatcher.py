"""Brings each invocation to its host, sees it run, and writes down how it ended.

An invocation waits for a host that is down, for as long as the call allows; one whose host
goes away under it runs again when the host is back, as the agent runs what it finds
unfinished after a boot.
Source: amazon-ssm-agent, ``agent/framework/processor/processor.go``.
"""

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from cdinfra.local.hosts.commands.conclusion import STOPPED, Conclusion, conclude
from cdinfra.local.hosts.commands.execution import LOST, Ended, Runner, Running, Task
from cdinfra.local.hosts.commands.lanes import Lane
from cdinfra.local.hosts.commands.ledger import Command, Invocation, Ledger
from cdinfra.local.hosts.commands.nodes import Node, PingStatus
from cdinfra.local.hosts.commands.output import STDERR_BYTES, STDOUT_BYTES
from cdinfra.local.hosts.commands.statuses import State

LOG = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""How often it is looked whether a host is back."""

RUNS = 15
"""How often a script is begun whose host goes away under it.

Source: amazon-ssm-agent, ``agent/appconfig/constants.go``, ``DefaultCommandRetryLimit``.
"""

CANCELLED = Conclusion(state=State.CANCELLED, response_code=STOPPED)


class Dispatcher:
    """Runs invocations, each command's in as many threads as it may run on hosts at once.

    Args:
        runner: Starts scripts.
        now: Returns the time of day.
        wait: Waits that many seconds; returns whether everything is to stop.
        spawn: Calls a function in a thread of its own.
    """

    def __init__(
        self,
        *,
        runner: Runner,
        now: Callable[[], datetime],
        wait: Callable[[float], bool],
        spawn: Callable[[Callable[[], None]], None],
    ) -> None:
        self._runner = runner
        self._now = now
        self._wait = wait
        self._spawn = spawn
        self._lock = Lock()
        self._running: dict[tuple[str, str], Running] = {}

    def dispatch(self, lane: Lane, command: Command) -> None:
        """Begin to work on a command's invocations.

        Args:
            lane: What to do it with.
            command: A command that stands in the ledger.
        """
        waiting = deque(lane.ledger.invocations(command.command_id))
        for _ in range(min(len(waiting), command.max_concurrency)):
            self._spawn(lambda: self._work(lane, waiting))

    def _work(self, lane: Lane, waiting: deque[Invocation]) -> None:
        while True:
            try:
                invocation = waiting.popleft()
            except IndexError:
                return
            try:
                self._complete(lane, invocation)
            except (
                Exception
            ):  # the edge of a thread: an invocation must not stay under way for ever
                LOG.exception("command %s", invocation.command.command_id)
                self._finish(lane, invocation, Conclusion(state=State.FAILED, response_code=1))

    def cancel(self, ledger: Ledger, invocation: Invocation) -> None:
        """Take an invocation back: kill it where it runs.

        Args:
            ledger: Where it stands.
            invocation: The invocation.
        """
        if ledger.cancel(invocation).state is State.CANCELLING:
            self._kill(invocation)

    def _complete(self, lane: Lane, invocation: Invocation) -> None:
        command = invocation.command
        states = [each.state for each in lane.ledger.invocations(command.command_id)]
        if sum(state.is_error for state in states) > command.max_errors:
            lane.ledger.change(invocation, state=State.TERMINATED)
            return
        deadline = self._now() + timedelta(seconds=command.delivery_seconds)
        for _ in range(RUNS):
            node = self._reached(lane, invocation, deadline)
            if node is None or not self._run(lane, invocation, node).is_lost:
                return
            # It has been delivered: from now on it is only given up when it expires.
            deadline = command.expires_at
            if self._wait(POLL_SECONDS):
                return
        self._finish(lane, invocation, Conclusion(state=State.FAILED, response_code=1))

    def _reached(self, lane: Lane, invocation: Invocation, deadline: datetime) -> Node | None:
        """Wait until the host answers; return None where it is waited for in vain."""
        while True:
            state = lane.ledger.current(invocation).state
            if state is State.CANCELLING:
                self._finish(lane, invocation, CANCELLED)
            if state.is_final or state is State.CANCELLING:
                return None
            node = lane.nodes.find(invocation.instance_id)
            if isinstance(node, str):
                lane.ledger.change(invocation, state=State.UNDELIVERABLE)
                return None
            if node.ping is PingStatus.ONLINE:
                return node
            if self._now() >= deadline:
                lane.ledger.change(invocation, state=State.DELIVERY_TIMED_OUT)
                return None
            if self._wait(POLL_SECONDS):
                return None

    def _run(self, lane: Lane, invocation: Invocation, node: Node) -> Ended:
        if not lane.ledger.begin(invocation, self._now()):
            return LOST
        running = self._runner.start(
            Task(
                command=invocation.command,
                instance_id=invocation.instance_id,
                region=lane.region,
                container=node.container,
                platform=node.instance.platform,
            )
        )
        try:
            return self._watch(lane, invocation, running)
        finally:
            running.close()

    def _watch(self, lane: Lane, invocation: Invocation, running: Running) -> Ended:
        command = invocation.command
        key = (command.command_id, invocation.instance_id)
        with self._lock:
            self._running[key] = running
        try:
            if lane.ledger.current(invocation).state is State.CANCELLING:
                # Cancelled after it was begun and before there was anything to kill.
                running.kill()
            ended = running.wait(command.script.execution_seconds)
        finally:
            with self._lock:
                del self._running[key]
        if ended is None:
            running.kill()
            ended = Ended(exit_code=STOPPED)
        if lane.ledger.current(invocation).state is State.CANCELLING:
            ended, conclusion = Ended(exit_code=STOPPED), CANCELLED
        else:
            conclusion = conclude(ended.exit_code)
        if not ended.is_lost:
            self._upload(lane, invocation, running)
            self._finish(lane, invocation, conclusion, running)
        return ended

    def _finish(
        self,
        lane: Lane,
        invocation: Invocation,
        conclusion: Conclusion,
        running: Running | None = None,
    ) -> None:
        stdout = running.stdout.head(STDOUT_BYTES) if running else b""
        stderr = running.stderr.head(STDERR_BYTES) if running else b""
        lane.ledger.change(
            invocation,
            state=conclusion.state,
            response_code=conclusion.response_code,
            finished_at=self._now(),
            stdout=stdout + conclusion.added_to_stdout,
            stderr=stderr + conclusion.added_to_stderr,
        )

    def _upload(self, lane: Lane, invocation: Invocation, running: Running) -> None:
        """Put the whole output into the bucket that the call names; what is empty is left out."""
        given = invocation.command.given
        if not (bucket := given.get("OutputS3BucketName")):
            return
        for name, captured in (("stdout", running.stdout), ("stderr", running.stderr)):
            if captured.head(1):
                key = output_key(invocation, name)
                lane.upload(bucket, key, captured.content())

    def _kill(self, invocation: Invocation) -> None:
        key = (invocation.command.command_id, invocation.instance_id)
        with self._lock:
            running = self._running.get(key)
        if running:
            running.kill()


def output_key(invocation: Invocation, name: str) -> str:
    """Return the key of an output in the bucket that the call names.

    Args:
        invocation: The invocation.
        name: ``stdout`` or ``stderr``.
    """
    prefix = str(invocation.command.given.get("OutputS3KeyPrefix") or "").strip("/")
    parts = (
        *([prefix] if prefix else []),
        invocation.command.command_id,
        invocation.instance_id,
        "awsrunShellScript",
        "0.awsrunShellScript",
        name,
    )
    return "/".join(parts)
