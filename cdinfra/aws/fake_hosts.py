"""Hosts in memory, for tests: what they are, what they say, what is thought and read of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cdinfra.aws.commands import (
    MOST_INSTANCES,
    OUTPUT_LIMIT,
    CommandStatus,
    Invocation,
    SentCommand,
)
from cdinfra.aws.host_logs import LogEvent
from cdinfra.aws.hosts import MOST_TAGGED, RELEASE_TAG, Host
from cdinfra.aws.scaling_groups import ScalingGroup
from cdinfra.aws.target_groups import DEFAULT_DELAY_SECONDS, Target, TargetHealth


class _Scripted:
    """Raises what it is told to, and counts its calls.

    Attributes:
        calls: What was called, each with its arguments.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._errors: dict[str, list[Exception]] = {}

    def script(self, operation: str, *errors: Exception) -> None:
        """Let the next calls of an operation raise these."""
        self._errors.setdefault(operation, []).extend(errors)

    def _called(self, operation: str, *arguments: str) -> None:
        self.calls.append(" ".join((operation, *arguments)))
        if errors := self._errors.get(operation):
            raise errors.pop(0)


class FakeHosts:
    """Instances in memory; see :class:`cdinfra.aws.hosts.Hosts`.

    Attributes:
        tagged: How many instances each call tagged.
    """

    def __init__(self) -> None:
        self.tagged: list[int] = []
        self._hosts: dict[tuple[str, str], list[Host]] = {}
        self._errors: list[Exception] = []

    def add(self, app: str, env: str, host: Host) -> None:
        """Launch an instance."""
        self._hosts.setdefault((app, env), []).append(host)

    def script(self, *errors: Exception) -> None:
        """Let the next calls raise these."""
        self._errors.extend(errors)

    def describe_hosts(self, app: str, env: str) -> tuple[Host, ...]:
        """Return the hosts of an app in one environment."""
        if self._errors:
            raise self._errors.pop(0)
        return tuple(self._hosts.get((app, env), ()))

    def create_tags(self, instance_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Give tags to instances, a thousand in one call."""
        if self._errors:
            raise self._errors.pop(0)
        wanted = set(instance_ids)
        starts = range(0, len(instance_ids), MOST_TAGGED)
        self.tagged += [len(instance_ids[each : each + MOST_TAGGED]) for each in starts]
        for hosts in self._hosts.values():
            hosts[:] = [
                _tagged(each, tags) if each.instance_id in wanted else each for each in hosts
            ]


def _tagged(host: Host, tags: Mapping[str, str]) -> Host:
    release = tags.get(RELEASE_TAG, host.release)
    return replace(host, tags={**host.tags, **tags}, release=release)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    output: str
    status: CommandStatus
    seconds: float
    details: str
    exit_code: int | None


class FakeCommands(_Scripted):
    """SSM Run Command in memory; see :class:`cdinfra.aws.commands.Commands`.

    Args:
        now: Returns the time.

    Attributes:
        agents: Whether the SSM agent of each host is online; a host that is not here has none.
        scripts: The scripts that were sent.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.agents: dict[str, bool] = {}
        self.scripts: list[str] = []
        self._now = now
        self._answers: dict[str, _Answer] = {}
        self._sent: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    def answer(
        self,
        instance_id: str,
        output: str,
        *,
        status: CommandStatus = CommandStatus.SUCCESS,
        seconds: float = 0.0,
        details: str = "",
        exit_code: int | None = None,
    ) -> None:
        """Give a host an agent, and what it says to any command so long after that is sent."""
        self.agents[instance_id] = True
        self._answers[instance_id] = _Answer(
            output=output,
            status=status,
            seconds=seconds,
            details=details or str(status),
            exit_code=0 if status is CommandStatus.SUCCESS else exit_code,
        )

    def describe_agents(self, instance_ids: Sequence[str]) -> Mapping[str, bool]:
        """Return whether the SSM agent of each host is online; without one it is left out."""
        self._called("describe_agents", *instance_ids)
        return {each: self.agents[each] for each in instance_ids if each in self.agents}

    def send_command(
        self, instance_ids: Sequence[str], script: str, *, seconds: int
    ) -> SentCommand:
        """Send a shell script to at most 50 hosts."""
        del seconds
        self._called("send_command", *instance_ids)
        if len(instance_ids) > MOST_INSTANCES:
            raise ValueError(f"{len(instance_ids)} hosts in one command")
        self.scripts.append(script)
        sent = SentCommand(
            command_id=f"command-{len(self._sent)}", instance_ids=tuple(instance_ids)
        )
        self._sent[sent.command_id] = (self._now(), sent.instance_ids)
        return sent

    def list_invocations(self, command_id: str) -> tuple[Invocation, ...]:
        """Return what became of a command, on each host."""
        self._called("list_invocations", command_id)
        sent_at, instance_ids = self._sent[command_id]
        return tuple(self._invocation(each, sent_at) for each in instance_ids)

    def get_output(self, command_id: str, instance_id: str) -> str:
        """Return what a command wrote on one host."""
        self._called("get_output", command_id, instance_id)
        return self._answers[instance_id].output

    def cancel_command(self, command_id: str) -> None:
        """Call a command off where it has not ended."""
        self._called("cancel_command", command_id)
        sent_at, instance_ids = self._sent[command_id]
        for each in instance_ids:
            if not self._invocation(each, sent_at).status.is_final:
                self.answer(each, "", status=CommandStatus.CANCELLED)

    def _invocation(self, instance_id: str, sent_at: datetime) -> Invocation:
        answer = self._answers.get(instance_id)
        if answer is None or self._now() < sent_at + timedelta(seconds=answer.seconds):
            return Invocation(instance_id=instance_id, status=CommandStatus.IN_PROGRESS)
        return Invocation(
            instance_id=instance_id,
            status=answer.status,
            details=answer.details,
            output=answer.output[:OUTPUT_LIMIT],
            exit_code=answer.exit_code,
        )


class FakeTargetGroups(_Scripted):
    """Target groups in memory; see :class:`cdinfra.aws.target_groups.TargetGroups`.

    Attributes:
        of_scaling_groups: ARNs of the target groups by the name of the Auto Scaling group.
        health: What each target group thinks of its targets, by ARN.
        delays: For how many seconds a target that leaves drains, by ARN.
    """

    def __init__(self) -> None:
        super().__init__()
        self.of_scaling_groups: dict[str, tuple[str, ...]] = {}
        self.health: dict[str, tuple[TargetHealth, ...]] = {}
        self.delays: dict[str, int] = {}

    def list_target_groups(self, scaling_groups: Sequence[str]) -> tuple[str, ...]:
        """Return the ARNs of the target groups that Auto Scaling groups register hosts with."""
        self._called("list_target_groups", *scaling_groups)
        found = (arn for name in scaling_groups for arn in self.of_scaling_groups.get(name, ()))
        return tuple(dict.fromkeys(found))

    def describe_target_health(self, target_group: str) -> tuple[TargetHealth, ...]:
        """Return what a target group thinks of its targets."""
        self._called("describe_target_health", target_group)
        return self.health.get(target_group, ())

    def describe_delay(self, target_group: str) -> int:
        """Return for how many seconds a target that leaves a target group drains."""
        self._called("describe_delay", target_group)
        return self.delays.get(target_group, DEFAULT_DELAY_SECONDS)

    def register(self, target_group: str, targets: Sequence[Target]) -> None:
        """Register targets: they are ``initial`` until a test says otherwise."""
        self._called("register", target_group, *(each.target_id for each in targets))
        self._put(target_group, targets, "initial")

    def deregister(self, target_group: str, targets: Sequence[Target]) -> None:
        """Deregister targets: those that are there drain until a test takes them away."""
        self._called("deregister", target_group, *(each.target_id for each in targets))
        there = {(each.target_id, each.port) for each in self.health.get(target_group, ())}
        leaving = [each for each in targets if (each.target_id, each.port) in there]
        self._put(target_group, leaving, "draining")

    def _put(self, target_group: str, targets: Sequence[Target], state: str) -> None:
        health = {(each.target_id, each.port): each for each in self.health.get(target_group, ())}
        for each in targets:
            health[each.target_id, each.port] = TargetHealth(
                target_id=each.target_id, target_group=target_group, port=each.port, state=state
            )
        self.health[target_group] = tuple(health.values())


class FakeScalingGroups(_Scripted):
    """Auto Scaling groups in memory; see :class:`cdinfra.aws.scaling_groups.ScalingGroups`.

    Attributes:
        groups: The groups, by name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.groups: dict[str, ScalingGroup] = {}

    def describe_scaling_groups(self, names: Sequence[str]) -> tuple[ScalingGroup, ...]:
        """Return Auto Scaling groups; one that does not exist is left out."""
        self._called("describe_scaling_groups", *names)
        return tuple(self.groups[each] for each in names if each in self.groups)


class FakeInstanceConnect(_Scripted):
    """Keys for ssh, in memory; see :class:`cdinfra.aws.instance_connect.InstanceConnect`."""

    def send_key(self, instance_id: str, user: str, public_key: str) -> None:
        """Let a key into a host for a minute."""
        self._called("send_key", instance_id, user, public_key)


class FakeHostLogs(_Scripted):
    """What hosts wrote, in memory; see :class:`cdinfra.aws.host_logs.HostLogs`.

    Attributes:
        streams: Messages by log group and stream.
        events: Messages with their times, by log group.
        consoles: Consoles by instance.
    """

    def __init__(self) -> None:
        super().__init__()
        self.streams: dict[tuple[str, str], tuple[str, ...]] = {}
        self.events: dict[str, tuple[LogEvent, ...]] = {}
        self.consoles: dict[str, str] = {}

    def filter_events(
        self, log_group: str, *, since: datetime, prefix: str = ""
    ) -> tuple[LogEvent, ...]:
        """Return the messages of a log group from a time on."""
        self._called("filter_events", log_group, since.isoformat(), prefix)
        found = self.events.get(log_group, ())
        return tuple(each for each in found if each.at >= since and each.stream.startswith(prefix))

    def read_stream(self, log_group: str, stream: str, *, limit: int) -> tuple[str, ...]:
        """Return the last messages of a log stream, oldest first; none where there is none."""
        self._called("read_stream", log_group, stream)
        return self.streams.get((log_group, stream), ())[-limit:]

    def read_console(self, instance_id: str) -> str:
        """Return the end of a host's console; empty where there is none."""
        self._called("read_console", instance_id)
        return self.consoles.get(instance_id, "")
