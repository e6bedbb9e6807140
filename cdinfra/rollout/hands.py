"""Runs verbs of the agent on many hosts at once, and gathers what comes of it.

Commands are sent in groups and looked at in rounds, never host by host: so calls grow with
pages of hosts and with time, and between two of them the lock is renewed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from cdinfra.aws.hosts import Host
from cdinfra.deploy.host_report import HostReport, parse_report
from cdinfra.errors import LockLostError
from cdinfra.rollout.answers import Answer, Verdict, judge
from cdinfra.rollout.observed import ObservedHost
from cdinfra.rollout.pacing import Pacing
from cdinfra.rollout.transport import Ended, Ending, Sent, Transport

GROUP = 500
"""Hosts that are sent to between two looks at the lock: ten calls of Run Command."""

STATUS_SECONDS = 30
"""How long a host may take to say how it is: it asks its own containers."""

GRACE_SECONDS = 60.0
"""How long after its time a command is waited for: what carries it tells the end late."""

BUSY_PAUSE = 5.0
"""Seconds until a host is asked again where another run was at work, at least."""


@dataclass(slots=True)
class _Flight:
    """A command on its way, and the hosts that it has not come back from."""

    sent: Sent
    waiting: dict[str, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    words: Sequence[str]
    seconds: int
    what: str


class Hands:
    """Runs verbs of the agent.

    Args:
        transport: What carries them.
        pacing: What waits.
    """

    def __init__(self, transport: Transport, pacing: Pacing) -> None:
        self._transport = transport
        self._pacing = pacing

    def unreachable(self, hosts: Sequence[Host]) -> dict[str, str]:
        """Return the hosts that cannot be reached, each with the reason, by instance id."""
        found: dict[str, str] = {}
        for start in range(0, len(hosts), GROUP):
            group = hosts[start : start + GROUP]
            ask = partial(self._transport.unreachable, group)
            found.update(self._pacing.patiently(ask))
            self._pacing.renew()
        return found

    def run(
        self,
        hosts: Sequence[Host],
        words: Sequence[str],
        *,
        seconds: int,
        what: str,
        on_answer: Callable[[str, Answer], None],
    ) -> None:
        """Run a verb on hosts, until each has answered or its time is over.

        A host where another run is at work is asked again, as long as there is time.

        Args:
            hosts: Any number of them.
            words: The verb and its arguments.
            seconds: How long each may take.
            what: What is being waited for, in words.
            on_answer: Told of each host as its answer comes.

        Raises:
            LockLostError: Somebody else has taken the lock, as it says or as a host does.
            CloudError: What carries the commands cannot be asked.
        """
        until = self._pacing.now() + timedelta(seconds=seconds)

        def take(ended: Ended) -> bool:
            answer = judge(ended)
            if answer.verdict is Verdict.REFUSED:
                raise LockLostError(f"{ended.instance_id}: {answer.reason}")
            if answer.verdict is Verdict.BUSY and self._pacing.now() < until:
                return False
            on_answer(ended.instance_id, answer)
            return True

        self._gather(hosts, _Command(words=words, seconds=seconds, what=what), take)

    def ask(
        self, hosts: Sequence[Host], what: str = "what the hosts say"
    ) -> dict[str, ObservedHost]:
        """Return what each host says of itself, by instance id.

        Raises:
            LockLostError: Somebody else has taken the lock.
            CloudError: What carries the commands cannot be asked.
        """
        by_id = {each.instance_id: each for each in hosts}
        seen: dict[str, ObservedHost] = {}

        def take(ended: Ended) -> bool:
            seen[ended.instance_id] = _observed(by_id[ended.instance_id], ended)
            return True

        self._gather(hosts, _Command(words=("status",), seconds=STATUS_SECONDS, what=what), take)
        return seen

    def _gather(
        self, hosts: Sequence[Host], command: _Command, take: Callable[[Ended], bool]
    ) -> None:
        by_id = {each.instance_id: each for each in hosts}
        until = self._pacing.now() + timedelta(seconds=command.seconds + GRACE_SECONDS)
        flights = self._send(hosts, command)
        while flights:
            again = []
            for flight in flights:
                again += [by_id[each] for each in self._look(flight, take)]
                self._pacing.renew()
            flights = [each for each in flights if each.waiting]
            left = (until - self._pacing.now()).total_seconds()
            if left <= 0:
                self._give_up(flights, again, take)
                return
            if flights or again:
                pause = self._transport.look_seconds
                least = BUSY_PAUSE if again else 0.0
                self._pacing.wait_for(_waiting(command, flights), max(pause, least), left)
            flights += self._send(again, command)

    def _send(self, hosts: Sequence[Host], command: _Command) -> list[_Flight]:
        from cdinfra.cloudinit.host import AGENT_PATH  # noqa: PLC0415 - nothing else here needs it

        flights = []
        for start in range(0, len(hosts), GROUP):
            group = hosts[start : start + GROUP]
            send = partial(
                self._transport.send,
                group,
                (AGENT_PATH, *command.words),
                seconds=command.seconds,
            )
            sent = self._pacing.patiently(send)
            waiting = dict.fromkeys(each.instance_id for each in group)
            flights.append(_Flight(sent=sent, waiting=waiting))
            self._pacing.renew()
        return flights

    def _look(self, flight: _Flight, take: Callable[[Ended], bool]) -> list[str]:
        """Take in what has ended; return the hosts that have to be asked again."""
        ended = self._pacing.patiently(flight.sent.look)
        new = [ended[each] for each in flight.waiting if each in ended]
        for each in new:
            del flight.waiting[each.instance_id]
        return [each.instance_id for each in new if not take(each)]

    @staticmethod
    def _give_up(
        flights: Sequence[_Flight], again: Sequence[Host], take: Callable[[Ended], bool]
    ) -> None:
        left = [each for flight in flights for each in flight.waiting]
        problem = "it has not answered in its time"
        for each in (*left, *(host.instance_id for host in again)):
            take(Ended(instance_id=each, ending=Ending.TIMED_OUT, problem=problem))


def _waiting(command: _Command, flights: Sequence[_Flight]) -> str:
    hosts = sum(len(each.waiting) for each in flights)
    return f"{command.what} ({hosts} host{'s' if hosts != 1 else ''})"


def _observed(host: Host, ended: Ended) -> ObservedHost:
    if ended.ending is not Ending.DONE:
        return ObservedHost(host=host, problem=ended.problem or str(ended.ending))
    found = parse_report(ended.output)
    if isinstance(found, HostReport):
        return ObservedHost(host=host, report=found)
    problem = "it has no cdinfra-host" if found.is_silent else found.problem
    return ObservedHost(host=host, problem=problem)
