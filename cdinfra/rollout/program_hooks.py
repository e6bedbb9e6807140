"""The hooks around rollouts that ``infra.py`` declares, as programs of the deployer's machine."""

from collections.abc import Callable, Mapping
from pathlib import Path

from cdinfra.aws.cloud import Aws
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.hook_runner import HookRunner, command_text, outputs_file
from cdinfra.deploy.poller import Task
from cdinfra.deploy.processes import Machine
from cdinfra.events import HookOutput, HookStarted
from cdinfra.model import Deployable, Hook
from cdinfra.model.hook import AROUND_STACK
from cdinfra.rollout.app_outputs import describe_outputs
from cdinfra.rollout.events import OnRolloutEvent
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.hooks import MOMENTS, Occasion


class ProgramHooks:
    """Runs the hooks of one deploy group; satisfies :class:`cdinfra.rollout.hooks.RolloutHooks`.

    Args:
        aws: The app's own place.
        app: The app.
        group: The deploy group.
        machine: Where they run.
        clock: What time it is.
    """

    def __init__(
        self, aws: Aws, app: Deployable, group: DeployGroup, machine: Machine, clock: Clock
    ) -> None:
        self._aws = aws
        self._app = app
        self._group = group
        self._runner = HookRunner(machine, clock, lambda: self._is_cancelled)
        self._is_cancelled = False

    @property
    def declared(self) -> tuple[Hook, ...]:
        """The hooks that run around its rollouts."""
        own = (each for each in self._app.build() if each.name == self._group.stack)
        hooks = (hook for each in own for hook in each.settings.hooks or ())
        return tuple(each for each in hooks if each.when not in AROUND_STACK)

    def run(self, occasion: Occasion, on_event: OnRolloutEvent, wait: Callable[[], bool]) -> str:
        """Run the hooks of a moment, one after the other, up to the first that fails.

        Args:
            occasion: The moment, and the rollout.
            on_event: Told of each hook and of every line that it writes.
            wait: Waits a little; returns False where the hook is to end.

        Returns:
            Why one failed; empty where all went well.

        Raises:
            CloudError: The cloud, which hooks are told of, cannot be asked.
        """
        hooks = [each for each in self.declared if each.when == occasion.when]
        if not hooks:
            return ""
        self._is_cancelled = False
        with outputs_file(describe_outputs(self._aws, self._app)) as file:
            environment = self._environment(occasion, file)
            for hook in hooks:
                failure = self._run(hook, environment, on_event, wait)
                if failure:
                    return f"the hook {MOMENTS[hook.when]}, {command_text(hook)}, {failure}"
        return ""

    def _run(
        self,
        hook: Hook,
        environment: Mapping[str, str],
        on_event: OnRolloutEvent,
        wait: Callable[[], bool],
    ) -> str:
        stack = self._group.stack
        on_event(HookStarted(stack=stack, when=hook.when, command=command_text(hook)))
        task = self._runner.run(
            hook, environment, lambda line: on_event(HookOutput(stack=stack, line=line))
        )
        try:
            return self._finish(task, wait)
        finally:
            # What comes up while it waits ends the program, too.
            self._runner.close()

    def _finish(self, task: Task[str], wait: Callable[[], bool]) -> str:
        while True:
            try:
                next(task)
            except StopIteration as end:
                return str(end.value)
            self._is_cancelled = not wait()

    def _environment(self, occasion: Occasion, outputs: Path) -> dict[str, str]:
        group, record = self._group, occasion.record
        account = self._aws.accounts.describe_account().at(group.place)
        machine = self._runner.machine
        return {
            **self._aws.at(group.place).environment(machine.environ),
            "CDINFRA_APP": group.app,
            "CDINFRA_COMMIT": record.author.commit,
            "CDINFRA_ENV": group.env,
            "CDINFRA_FROM_RELEASE": record.from_release,
            "CDINFRA_GENERATION": str(record.generation),
            "CDINFRA_GROUP": group.stack,
            "CDINFRA_HOOK": occasion.when,
            "CDINFRA_OUTCOME": occasion.outcome or "",
            "CDINFRA_OUTPUTS": str(outputs),
            "CDINFRA_PURPOSE": occasion.purpose,
            "CDINFRA_REGION": account.region,
            "CDINFRA_RELEASE": record.image,
            "CDINFRA_RUN_URL": record.author.run_url,
            "CDINFRA_STACK": group.stack,
            "CDINFRA_STACK_NAME": group.stack_name,
            "CDINFRA_WHO": record.author.who,
        }
