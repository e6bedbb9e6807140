"""Runs the hooks of stacks: programs before and after the work on one, as tasks of the poller."""

from pathlib import Path

from cdinfra.aws.cloud import Aws
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.hook_runner import HookRunner, command_text, outputs_file
from cdinfra.deploy.operations import Operations
from cdinfra.deploy.plan import StackAction
from cdinfra.deploy.poller import Task
from cdinfra.deploy.processes import Machine
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
        self._runner = HookRunner(machine, clock, lambda: operations.is_cancelled)
        self._operations = operations
        self._on_event = on_event

    def close(self) -> None:
        """End every hook that still runs, with everything that it started."""
        self._runner.close()

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
        with outputs_file(outputs) as file:
            environment = self._environment(hook, action, file)
            return (
                yield from self._runner.run(
                    hook,
                    environment,
                    lambda line: self._on_event(HookOutput(stack=action.stack, line=line)),
                )
            )

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
