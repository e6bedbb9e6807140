"""Runs commands on hosts by SSM Run Command: no way into the network is needed, and no key."""

from collections.abc import Mapping, Sequence

from cdinfra.aws.cloud import Aws
from cdinfra.aws.commands import CommandStatus, Invocation, SentCommand
from cdinfra.aws.failures import is_passing
from cdinfra.aws.hosts import Host
from cdinfra.deploy.sent_script import SentScript
from cdinfra.errors import CloudError
from cdinfra.rollout.transport import Ended, Ending
from cdinfra.rollout.transports.script import build_script

LOOK_SECONDS = 0.5
"""Pause between two looks, at least."""

SHORTEST_SECONDS = 5
"""Less than that is an hour to the agent.

Source: amazon-ssm-agent, ``agent/plugins/pluginutil/pluginutil.go``, ValidateExecutionTimeout.
"""

LOOKS_A_PING = 20
"""Every so many looks it is asked whether the hosts that are silent are still there."""

RUNNING = "running"
"""The state of an instance that can be reached."""

_CANNOT_HAVE_RUN = {
    "AccessDenied": "the host's role may not take commands",
    "DeliveryTimedOut": "its SSM agent did not take the command in time",
    "InvalidPlatform": "the document is not for its platform",
    "Terminated": "the command was ended before it got there",
    "Undeliverable": "the command cannot be delivered to it",
}
"""How SSM says that a command never began.

Source: Systems Manager user guide, "Understanding command statuses".
"""


class SsmTransport:
    """SSM Run Command in one account and region; see :class:`cdinfra.rollout.transport.Transport`.

    Args:
        aws: The place of the hosts.
    """

    name = "ssm"

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._sent: list[SentScript] = []

    @property
    def look_seconds(self) -> float:
        """Pause between two looks: longer where many commands are under way."""
        self._sent = [each for each in self._sent if each.outstanding]
        outstanding = sum(each.outstanding for each in self._sent)
        return max(LOOK_SECONDS, outstanding / self._aws.calls_per_second)

    def unreachable(self, hosts: Sequence[Host]) -> Mapping[str, str]:
        """Return the hosts that cannot be reached, each with the reason, by instance id.

        Raises:
            CloudError: SSM cannot be asked.
        """
        found = {
            each.instance_id: f"its instance is {each.state}"
            for each in hosts
            if each.state != RUNNING
        }
        running = [each.instance_id for each in hosts if each.state == RUNNING]
        agents = self._aws.commands.describe_agents(running) if running else {}
        for each in running:
            if each not in agents:
                found[each] = "SSM knows of no agent there"
            elif not agents[each]:
                found[each] = "its SSM agent is offline"
        return found

    def send(
        self, hosts: Sequence[Host], words: Sequence[str], *, seconds: int, last_line: bool = True
    ) -> "SsmSent":
        """Run a program on hosts, as root; see :class:`cdinfra.rollout.transport.Transport`.

        Raises:
            CloudError: SSM refuses, for good.
        """
        script = build_script(words, last_line=last_line)
        sent = SentScript(self._aws.commands, script, seconds=max(SHORTEST_SECONDS, seconds))
        self._sent.append(sent)
        sent.send([each.instance_id for each in hosts])
        return SsmSent(self._aws, sent, tuple(each.instance_id for each in hosts))


class SsmSent:
    """A program on its way to hosts; see :class:`cdinfra.rollout.transport.Sent`.

    Args:
        aws: The place of the hosts.
        sent: The script on its way.
        instance_ids: The hosts.
    """

    def __init__(self, aws: Aws, sent: SentScript, instance_ids: tuple[str, ...]) -> None:
        self._aws = aws
        self._sent = sent
        self._instance_ids = instance_ids
        self._ended: dict[str, Ended] = {}
        self._looks = 0

    def look(self) -> Mapping[str, Ended]:
        """Return the hosts that have ended by now, all of them, by instance id.

        Raises:
            CloudError: SSM refuses, for good.
        """
        self._looks += 1
        if len(self._ended) < len(self._instance_ids):
            self._sent.look(self._take)
            self._note_gone()
        if self._looks % LOOKS_A_PING == 0:
            self._note_lost()
        return dict(self._ended)

    def cancel(self) -> None:
        """Call it off where it has not ended; a host that has begun may go on.

        Raises:
            CloudError: SSM refuses, or cannot be asked.
        """
        self._sent.cancel()
        self._note_gone()

    def _take(self, sent: SentCommand, invocation: Invocation) -> None:
        self._ended[invocation.instance_id] = self._read(sent, invocation)

    def _read(self, sent: SentCommand, invocation: Invocation) -> Ended:
        instance_id, details = invocation.instance_id, invocation.details.replace(" ", "")
        if invocation.status is CommandStatus.CANCELLED:
            return _problem(instance_id, Ending.CANCELLED, "the command was called off")
        if details in _CANNOT_HAVE_RUN:
            return _problem(instance_id, Ending.UNREACHABLE, _CANNOT_HAVE_RUN[details])
        output = invocation.stdout
        if invocation.is_cut:
            output = self._aws.commands.get_output(sent.command_id, instance_id)
        if invocation.status is CommandStatus.TIMED_OUT:
            problem = "the command was still running when its time was over"
            return _problem(instance_id, Ending.TIMED_OUT, problem, output)
        code = 0 if invocation.status is CommandStatus.SUCCESS else invocation.exit_code
        if code is None:
            return _problem(instance_id, Ending.LOST, f"the command ended as {details}", output)
        return Ended(instance_id=instance_id, ending=Ending.DONE, exit_code=code, output=output)

    def _note_gone(self) -> None:
        for instance_id, reason in self._sent.gone.items():
            self._ended.setdefault(instance_id, _problem(instance_id, Ending.UNREACHABLE, reason))

    def _note_lost(self) -> None:
        """Find out which hosts went away under the command: SSM would wait for its whole time.

        To one that has not begun it may still be delivered; soon SSM gives that up by itself.
        """
        silent = [
            each for each in self._instance_ids if each in self._sent.begun - self._ended.keys()
        ]
        try:
            agents = self._aws.commands.describe_agents(silent) if silent else {}
        except CloudError as error:
            if not is_passing(error):
                raise
            return
        for each in silent:
            if not agents.get(each):
                problem = "its SSM agent has gone offline under the command"
                self._ended[each] = _problem(each, Ending.LOST, problem)
                self._sent.forget(each)


def _problem(instance_id: str, ending: Ending, problem: str, output: str = "") -> Ended:
    return Ended(instance_id=instance_id, ending=ending, output=output, problem=problem)
