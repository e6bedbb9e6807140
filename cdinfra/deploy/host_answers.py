"""Asks the hosts of one place what they run, and gathers their answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cdinfra.aws.cloud import Aws
from cdinfra.aws.commands import CommandStatus, Invocation, SentCommand
from cdinfra.aws.failures import is_not_carried
from cdinfra.aws.hosts import Host
from cdinfra.deploy.agent_output import UnreadReport
from cdinfra.deploy.host_report import HostReport, parse_report
from cdinfra.deploy.sent_script import SentScript
from cdinfra.errors import CloudError

LOOK_SECONDS = 0.5
"""Pause between two looks at what has been answered, at least."""

RUNNING = "running"
"""The state of an instance that can answer."""


class Asked(StrEnum):
    """What came of asking a host."""

    ANSWERED = "answered"
    NOT_ASKED = "not asked"
    NOT_BOOTED = "not booted"
    NO_AGENT = "no agent"
    OFFLINE = "offline"
    TIMED_OUT = "timed out"
    NO_CDINFRA_HOST = "no cdinfra-host"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a host said.

    Attributes:
        asked: What came of asking it.
        problem: Why it failed; else empty.
        report: What it said; None where it said nothing.
    """

    asked: Asked
    problem: str = ""
    report: HostReport | None = None


class Answers:
    """The answers of the hosts of one place.

    Args:
        aws: The place.
        hosts: Its hosts; only those that run are asked.

    Attributes:
        note: Why hosts could not be asked; empty where that lies with each host alone.
    """

    def __init__(self, aws: Aws, hosts: Iterable[Host]) -> None:
        self._aws = aws
        self._running = tuple(each.instance_id for each in hosts if each.state == RUNNING)
        self._known: dict[str, Answer] = {}
        self._sent: SentScript | None = None
        self.note = ""

    @property
    def are_outstanding(self) -> bool:
        """Whether a host that was asked has not answered."""
        return self._sent is not None and self._sent.outstanding > 0

    @property
    def pause_seconds(self) -> float:
        """How long to wait between two looks, so that the place is not asked too often."""
        outstanding = self._sent.outstanding if self._sent else 0
        return max(LOOK_SECONDS, outstanding / self._aws.calls_per_second)

    def ask(self, script: str, *, seconds: int) -> None:
        """Send a command to every host whose agent is online.

        Args:
            script: What each runs.
            seconds: How long it may take there.
        """
        if not self._running:
            return
        try:
            online = self._online()
            self._sent = SentScript(self._aws.commands, script, seconds=seconds)
            self._sent.send(online)
            self._note_gone(self._sent)
        except CloudError as error:
            self._give_up(error)

    def look(self) -> None:
        """Take in what has been answered by now."""
        if self._sent is None:
            return
        try:
            self._sent.look(self._take)
            self._note_gone(self._sent)
        except CloudError as error:
            self._give_up(error)

    def of(self, host: Host) -> Answer:
        """Return what came of asking a host, as far as that is known by now."""
        if (known := self._known.get(host.instance_id)) is not None:
            return known
        waiting = self._sent is not None and self._sent.is_awaited(host.instance_id)
        return Answer(asked=Asked.TIMED_OUT if waiting else Asked.NOT_ASKED)

    def _online(self) -> tuple[str, ...]:
        agents = self._aws.commands.describe_agents(self._running)
        for each in self._running:
            if not agents.get(each):
                silent = Asked.OFFLINE if each in agents else Asked.NO_AGENT
                self._known[each] = Answer(asked=silent)
        return tuple(each for each in self._running if agents.get(each))

    def _note_gone(self, sent: SentScript) -> None:
        for each in sent.gone:
            self._known.setdefault(each, Answer(asked=Asked.OFFLINE))

    def _take(self, sent: SentCommand, invocation: Invocation) -> None:
        self._known[invocation.instance_id] = self._read(sent, invocation)

    def _read(self, sent: SentCommand, invocation: Invocation) -> Answer:
        if invocation.status is CommandStatus.TIMED_OUT:
            return Answer(asked=Asked.TIMED_OUT)
        if invocation.status is not CommandStatus.SUCCESS:
            ended = f"the command ended as {invocation.details or invocation.status}"
            return Answer(asked=Asked.FAILED, problem=ended)
        found = parse_report(invocation.output)
        if isinstance(found, UnreadReport) and invocation.is_cut:
            whole = self._aws.commands.get_output(sent.command_id, invocation.instance_id)
            found = parse_report(whole)
        if isinstance(found, HostReport):
            return Answer(asked=Asked.ANSWERED, report=found)
        failed = Asked.NO_CDINFRA_HOST if found.is_silent else Asked.FAILED
        return Answer(asked=failed, problem="" if found.is_silent else found.problem)

    def _give_up(self, error: CloudError) -> None:
        """Keep what is known, and say why the rest is not."""
        asked = Asked.NOT_BOOTED if is_not_carried(error) else Asked.NOT_ASKED
        self.note = "" if is_not_carried(error) else error.message
        self._sent = None
        for each in self._running:
            self._known.setdefault(each, Answer(asked=asked))
