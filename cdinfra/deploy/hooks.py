"""Runs the hooks of stacks: programs before and after the work on one, as tasks of the poller."""

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cdinfra.aws.cloud import Aws
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.operations import Operations
from cdinfra.deploy.plan import StackAction
from cdinfra.deploy.poller import Step, Task
from cdinfra.deploy.processes import Machine, Process
from cdinfra.deploy.settings import AllOutputs
from cdinfra.events import HookOutput, HookStarted, OnEvent
from cdinfra.model import Deployable, Hook, When

MENDED_BEFORE = "nothing was changed: mend the hook, then repeat the command"
MENDED_AFTER = (
    "the stack itself is done, and as long as it does not change the hook is not run again: "
    "mend it, and run it by hand"
)


class Hooks:
    """Runs hooks; knows which run.

    Args:
        aws: The cloud, which hooks are led to as well.
        app: The app.
        machine: Where they run.
        operations: Knows whether everything was cancelled.
        clock: What time it is.
        on_event: Told of each hook and of every line that it writes.
    """

    def __init__(
        self,
        aws: Aws,
        app: Deployable,
        *,
        machine: Machine,
        operations: Operations,
        clock: Clock,
        on_event: OnEvent,
    ) -> None:
        self._aws = aws
        self._app = app
        self._machine = machine
        self._operations = operations
        self._clock = clock
        self._on_event = on_event
        self._running: list[Process] = []

    def close(self) -> None:
        """End every hook that still runs, with everything that it started."""
        for process in tuple(self._running):
            self._end(process)

    def run(self, action: StackAction, when: When, outputs: AllOutputs) -> Task[str]:
        """Run the hooks of a stack, one after the other, up to the first that fails.

        Args:
            action: What is done with the stack.
            when: Before or after it.
            outputs: Outputs of the app's stacks by now.

        Returns:
            Why one failed; empty where all went well.
        """
        for hook in action.hooks:
            if hook.when == when:
                failure = yield from self._run(hook, action, outputs)
                if failure:
                    return f"the hook {when} it, {command_text(hook)}, {failure}"
        return ""

    def _run(self, hook: Hook, action: StackAction, outputs: AllOutputs) -> Task[str]:
        if self._operations.is_cancelled:
            return "was not started, because everything was cancelled"
        self._on_event(HookStarted(stack=action.stack, when=hook.when, command=command_text(hook)))
        with _as_file(outputs) as file:
            environment = self._environment(hook, action, file)
            try:
                process = self._machine.start(
                    hook.command, folder=self._machine.folder, environment=environment
                )
            except OSError as error:
                return f"cannot be started: {error.strerror}"
            self._running.append(process)
            try:
                return (yield from self._follow(process, hook, action.stack))
            finally:
                self._end(process)

    def _follow(self, process: Process, hook: Hook, stack: str) -> Task[str]:
        latest = self._clock.now() + timedelta(seconds=hook.timeout_seconds)
        while True:
            code = process.exit_code()
            lines = process.read_lines()
            for line in lines:
                self._on_event(HookOutput(stack=stack, line=line))
            if code is not None:
                return _failure(code)
            if self._operations.is_cancelled:
                return "was cancelled"
            if self._clock.now() >= latest:
                return f"took longer than {hook.timeout_seconds} s and was ended"
            yield Step.NEWS if lines else Step.QUIET

    def _end(self, process: Process) -> None:
        if process in self._running:
            self._running.remove(process)
            if process.exit_code() is None:
                process.end()

    def _environment(self, hook: Hook, action: StackAction, outputs: Path) -> dict[str, str]:
        return {
            **self._aws.at(action.place).environment(self._machine.environ),
            "CDINFRA_APP": self._app.name,
            "CDINFRA_ENV": self._app.env,
            "CDINFRA_HOOK": hook.when,
            "CDINFRA_OUTPUTS": str(outputs),
            "CDINFRA_REGION": self._aws.accounts.describe_account().at(action.place).region,
            "CDINFRA_STACK": action.stack,
            "CDINFRA_STACK_NAME": action.stack_name,
            "CDINFRA_VERB": action.done_verb,
        }


def command_text(hook: Hook) -> str:
    """Return a hook's command as a person would type it."""
    return shlex.join(hook.command)


def _failure(code: int) -> str:
    if code < 0:
        return f"was ended by signal {-code}"
    return f"ended with exit code {code}" if code else ""


@contextmanager
def _as_file(outputs: AllOutputs) -> Iterator[Path]:
    """Yield a file that only this user can read and that holds the outputs as JSON."""
    with TemporaryDirectory(prefix="cdinfra-") as folder:
        path = Path(folder) / "outputs.json"
        document: Mapping[str, Mapping[str, str]] = {
            name: dict(values) for name, values in outputs.items()
        }
        path.write_text(json.dumps(document, indent=2), encoding="utf-8")
        yield path
