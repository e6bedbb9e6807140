"""A fleet in memory: hosts, what reaches them, and time that passes only when somebody sleeps.

What a command does is done when its time comes, whether anybody looks or not: so a deployer
can die in the middle, and its hosts go on. Everything is kept by instance id and in order of
time, so 10,000 hosts cost as much as ten, each. Faults are put in by whoever listens to
``on_call``: it hears of every call before it is made, and may raise.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from cdinfra.aws.fake import FakeClock
from cdinfra.aws.hosts import Host
from cdinfra.rollout.fake_hosts import Behaviour, FakeHost, said
from cdinfra.rollout.transport import Ended, Ending

LOCK_WAIT_SECONDS = 900.0
"""How long the agent waits for another run on its host, as the real one does."""

ZONES = ("eu-central-1a", "eu-central-1b", "eu-central-1c")


def build_host(number: int, state: str = "running") -> Host:
    """Return an instance, spread over zones."""
    return Host(
        instance_id=f"i-{number:017x}",
        state=state,
        instance_type="t3.micro",
        private_address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
        public_address="",
        zone=ZONES[number % len(ZONES)],
        deploy_group="shop-dev-web",
        release="",
        stack_name="shop-dev-web",
        launched_at=datetime(2026, 1, 31, 8, 0, tzinfo=UTC),
        scaling_group="shop-dev-web-group",
        tags={},
    )


class FakeSent:
    """A command on its way to hosts in memory."""

    def __init__(self, fleet: "FakeFleet") -> None:
        self._fleet = fleet
        self.ended: dict[str, Ended] = {}

    def look(self) -> Mapping[str, Ended]:
        """Return the hosts that have ended by now."""
        self._fleet.called("transport.look")
        self._fleet.advance()
        return self.ended

    def cancel(self) -> None:
        """Do nothing: hosts that have begun go on."""
        self._fleet.called("transport.cancel")


class FakeFleet:
    """Hosts in memory, and the transport that reaches them.

    Args:
        clock: Its time.
        hosts: How many hosts there are.

    Attributes:
        hosts: The hosts that are not terminated, by instance id.
        images: How images behave, by release.
        calls: How often each call was made, ``transport.send deploy`` for example.
        sent: The verbs that were sent, each with its arguments.
        on_call: Hears of each call before it is made, and may raise.
        look_seconds: Pause between two looks.
    """

    name = "fake"

    def __init__(self, clock: FakeClock, hosts: int) -> None:
        self._clock = clock
        self._numbers = count(hosts)
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._order = count()
        self.hosts = {
            each.instance_id: FakeHost(host=each) for each in map(build_host, range(hosts))
        }
        self.images: dict[str, Behaviour] = {}
        self.calls: Counter[str] = Counter()
        self.sent: list[tuple[str, ...]] = []
        self.on_call: Callable[[str], None] = lambda _: None
        self.look_seconds = 1.0

    def called(self, operation: str) -> None:
        """Count a call, and let whoever listens fail it."""
        self.calls[operation] += 1
        self.on_call(operation)

    def list_hosts(self) -> tuple[Host, ...]:
        """Return the hosts that are not terminated."""
        self.called("fleet.list_hosts")
        self.advance()
        return tuple(each.host for each in self.hosts.values())

    def unreachable(self, hosts: Sequence[Host]) -> Mapping[str, str]:
        """Return the hosts that cannot be reached, each with the reason."""
        self.called("transport.unreachable")
        return {
            each.instance_id: "its agent is offline"
            for each in hosts
            if not self._reaches(each.instance_id)
        }

    def send(
        self, hosts: Sequence[Host], words: Sequence[str], *, seconds: int, last_line: bool = True
    ) -> FakeSent:
        """Run the agent on hosts."""
        del last_line
        verb = tuple(words[1:])
        self.called(f"transport.send {verb[0]}")
        self.sent.append(verb)
        sent = FakeSent(self)
        for each in hosts:
            self._begin(each.instance_id, verb, seconds, sent)
        return sent

    def advance(self) -> None:
        """Do what is due by now."""
        now = self.seconds()
        while self._due and self._due[0][0] <= now:
            _, _, act = heapq.heappop(self._due)
            act()

    def pass_time(self, seconds: float = 3600.0) -> None:
        """Let time pass, so much that everything which was begun has ended."""
        self._clock.sleep(seconds)
        self.advance()

    def seconds(self) -> float:
        """Return its time, in seconds."""
        return self._clock.now().timestamp()

    def launch(self, release: str, generation: int, *, boot_seconds: float = 20.0) -> str:
        """Launch a host with these tags, as Auto Scaling does; return its id."""
        new = FakeHost(host=build_host(next(self._numbers), state="pending"), is_reachable=False)
        new.tag(release, generation)
        instance_id = new.host.instance_id
        self.hosts[instance_id] = new

        def boot() -> None:
            new.host = replace(new.host, state="running")
            new.is_reachable = True
            new.boot()

        self._at(self.seconds() + boot_seconds, boot)
        return instance_id

    def terminate(self, instance_id: str) -> None:
        """End a host; what it was doing is lost."""
        self.hosts.pop(instance_id, None)

    def _begin(self, instance_id: str, verb: tuple[str, ...], seconds: int, sent: FakeSent) -> None:
        now = self.seconds()
        if not self._reaches(instance_id):
            lost = Ended(instance_id=instance_id, ending=Ending.UNREACHABLE, problem="offline")
            sent.ended[instance_id] = lost
            return
        host = self.hosts[instance_id]
        # Status does not wait for what else is at work.
        start = now if verb[0] == "status" else max(now, host.free_at)
        if start - now > LOCK_WAIT_SECONDS:
            busy = {"outcome": "busy", "message": "another run is at work on this host"}
            self._end(sent, instance_id, said(busy), now + LOCK_WAIT_SECONDS)
        else:
            self._work(host, verb, start, sent)
        self._at(now + seconds, lambda: self._time_out(sent, instance_id))

    def _work(self, host: FakeHost, verb: tuple[str, ...], start: float, sent: FakeSent) -> None:
        instance_id = host.host.instance_id
        is_changing = verb[0] != "status"
        if host.is_stuck and is_changing:
            return
        end = start + host.seconds(verb, self.images)
        if is_changing:
            host.free_at = end

        def act() -> None:
            if self.hosts.get(instance_id) is not host:
                lost = Ended(instance_id=instance_id, ending=Ending.LOST, problem="it is gone")
                sent.ended.setdefault(instance_id, lost)
                return
            answer = said(host.answer(verb, self.images))
            if host.is_reachable:
                done = Ended(
                    instance_id=instance_id, ending=Ending.DONE, exit_code=0, output=answer
                )
                sent.ended.setdefault(instance_id, done)

        self._at(end, act)

    def _end(self, sent: FakeSent, instance_id: str, output: str, when: float) -> None:
        done = Ended(instance_id=instance_id, ending=Ending.DONE, exit_code=0, output=output)
        self._at(when, lambda: sent.ended.setdefault(instance_id, done))

    @staticmethod
    def _time_out(sent: FakeSent, instance_id: str) -> None:
        late = Ended(instance_id=instance_id, ending=Ending.TIMED_OUT, problem="out of time")
        sent.ended.setdefault(instance_id, late)

    def _at(self, when: float, act: Callable[[], object]) -> None:
        heapq.heappush(self._due, (when, next(self._order), act))

    def _reaches(self, instance_id: str) -> bool:
        host = self.hosts.get(instance_id)
        return host is not None and host.is_reachable
