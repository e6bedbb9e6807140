"""Rollback triggers: alarms that are watched while a stack is worked on, and for a time after.

Source: CloudFormation API reference, RollbackConfiguration.
"""

from collections.abc import Callable
from threading import Event, Lock

from cdinfra.local.cloudformation.run import Run
from cdinfra.local.cloudformation.state import StackVersion

ALARM_TYPE = "AWS::CloudWatch::Alarm"

LOOK_SECONDS = 0.5
"""How often the alarms are looked at."""

SECONDS_PER_MINUTE = 60


def under_watch(run: Run, version: StackVersion, work: Callable[[], str | None]) -> str | None:
    """Do something to a stack while its alarms are watched, and watch them for a time after.

    Args:
        run: The operation.
        version: What the stack shall become, with its rollback configuration.
        work: Does it; returns why it failed.

    Returns:
        Why it failed, or which alarm rang; None where all went well.
    """
    configuration = version.rollback_configuration
    triggers = tuple(configuration.get("RollbackTriggers", ()))
    uncarried = [each["Type"] for each in triggers if each["Type"] != ALARM_TYPE]
    if uncarried:
        return f"The local cloud does not carry rollback triggers of the type {uncarried[0]}"
    watch = _Watch(run, tuple(str(each["Arn"]) for each in triggers))
    if missing := watch.missing():
        return f"Rollback trigger {missing} does not exist."
    watch.look()
    try:
        failure = work()
        return failure or _monitor(run, int(configuration.get("MonitoringTimeInMinutes", 0)))
    finally:
        watch.end()


def _monitor(run: Run, minutes: int) -> str | None:
    stop, over = run.operation.stop, Event()
    if minutes:
        call_off = run.services.clock.call_after(minutes * SECONDS_PER_MINUTE, over.set)
        with stop.listening(over.set):
            if not stop.is_set():
                over.wait()
        call_off()
    return (stop.reason or "Cancelled") if stop.is_set() else None


class _Watch:
    """Looks at alarms again and again, and stops the operation when one rings."""

    def __init__(self, run: Run, arns: tuple[str, ...]) -> None:
        self._run = run
        self._stop = run.operation.stop
        self._names = {arn.partition(":alarm:")[2]: arn for arn in arns}
        self._lock = Lock()
        self._call_off: Callable[[], None] = lambda: None
        self._ended = not arns

    def missing(self) -> str:
        """Return the ARN of an alarm that does not exist; empty where all do."""
        states = self._states()
        return next((arn for name, arn in self._names.items() if name not in states), "")

    def look(self) -> None:
        """Look once, and arrange for the next look."""
        if self._ended:
            return
        for name, state in self._states().items():
            if state == "ALARM":
                self._stop.set(f"Rollback trigger {self._names[name]} is in ALARM state.")
                return
        with self._lock:
            if not self._ended:
                self._call_off = self._run.services.clock.call_after(LOOK_SECONDS, self.look)

    def end(self) -> None:
        """Look no more."""
        with self._lock:
            self._ended = True
            self._call_off()

    def _states(self) -> dict[str, str]:
        if not self._names:
            return {}
        stack = self._run.stack
        client = self._run.services.clients(stack.region, stack.account).client("cloudwatch")
        found = client.describe_alarms(AlarmNames=list(self._names))["MetricAlarms"]
        return {each["AlarmName"]: each["StateValue"] for each in found}
