"""Runs one hook, a program of a person's own, in turns: for stacks and for rollouts alike."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cdinfra.deploy.clock import Clock
from cdinfra.deploy.poller import Step, Task
from cdinfra.deploy.processes import Machine, Process
from cdinfra.deploy.settings import AllOutputs
from cdinfra.model import Hook


class HookRunner:
    """Runs hooks; knows which run.

    Args:
        machine: Where they run.
        clock: What time it is.
        is_cancelled: Asked whether a hook under way is to end.
    """

    def __init__(self, machine: Machine, clock: Clock, is_cancelled: Callable[[], bool]) -> None:
        self.machine = machine
        self._clock = clock
        self._is_cancelled = is_cancelled
        self._running: list[Process] = []

    def close(self) -> None:
        """End every hook that still runs, with everything that it started."""
        for process in tuple(self._running):
            self._end(process)

    def run(
        self, hook: Hook, environment: Mapping[str, str], on_line: Callable[[str], None]
    ) -> Task[str]:
        """Run a hook to its end; whoever closes the task ends it.

        Args:
            hook: The hook.
            environment: All its variables.
            on_line: Told of every line that it writes.

        Returns:
            Why it failed; empty where it went well.
        """
        try:
            process = self.machine.start(
                hook.command, folder=self.machine.folder, environment=environment
            )
        except OSError as error:
            return f"cannot be started: {error.strerror}"
        self._running.append(process)
        try:
            return (yield from self._follow(process, hook, on_line))
        finally:
            self._end(process)

    def _follow(self, process: Process, hook: Hook, on_line: Callable[[str], None]) -> Task[str]:
        latest = self._clock.now() + timedelta(seconds=hook.timeout_seconds)
        while True:
            code = process.exit_code()
            lines = process.read_lines()
            for line in lines:
                on_line(line)
            if code is not None:
                return _failure(code)
            if self._is_cancelled():
                return "was cancelled"
            if self._clock.now() >= latest:
                return f"took longer than {hook.timeout_seconds} s and was ended"
            yield Step.NEWS if lines else Step.QUIET

    def _end(self, process: Process) -> None:
        if process in self._running:
            self._running.remove(process)
            if process.exit_code() is None:
                process.end()


def command_text(hook: Hook) -> str:
    """Return a hook's command as a person would type it."""
    return shlex.join(hook.command)


@contextmanager
def outputs_file(outputs: AllOutputs) -> Iterator[Path]:
    """Yield a file that only this user can read and that holds the outputs as JSON."""
    with TemporaryDirectory(prefix="cdinfra-") as folder:
        path = Path(folder) / "outputs.json"
        document = {name: dict(values) for name, values in outputs.items()}
        path.write_text(json.dumps(document, indent=2), encoding="utf-8")
        yield path


def _failure(code: int) -> str:
    if code < 0:
        return f"was ended by signal {-code}"
    return f"ended with exit code {code}" if code else ""
