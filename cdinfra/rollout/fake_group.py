"""A deploy group in memory: fleet, lock, journal, history, load balancer, tags, registry."""

from collections.abc import Callable, Mapping, Sequence

from cdinfra.aws.fake import FakeClock
from cdinfra.aws.hosts import Host
from cdinfra.deploy.clock import Clock
from cdinfra.errors import BusyError, InvalidInputError, LockLostError, Problem
from cdinfra.rollout.events import OnRolloutEvent, RolloutOutcome
from cdinfra.rollout.fake_fleet import FakeFleet
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.hooks import RolloutHooks
from cdinfra.rollout.image import Image
from cdinfra.rollout.interrupts import TakeDecision, never_interrupted
from cdinfra.rollout.observed import Observed
from cdinfra.rollout.ports import (
    Findings,
    Pause,
    Ports,
    TargetStanding,
    TargetState,
)
from cdinfra.rollout.record import Account, Author, Record
from cdinfra.rollout.rollouts import Rollouts
from cdinfra.rollout.run import Run, tell_nobody

REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop-dev/web"

GROUP = DeployGroup(
    app="shop",
    env="dev",
    stack="web",
    stack_name="shop-dev-web",
    name="shop-dev-web",
    bucket="shop-dev-bucket",
)

LEASE_SECONDS = 60.0
UPDATE_SECONDS = 12.0
HEALTHY_SECONDS = 6.0
DRAIN_SECONDS = 5.0


def release(number: int) -> str:
    """Return a release of the shop by digest."""
    return f"{REPOSITORY}@sha256:{number:064x}"


class FakeLock:
    """A lock with a lease, judged by the fleet's clock."""

    def __init__(self, fleet: FakeFleet) -> None:
        self.fleet = fleet
        self.generation = 0
        self.holder = ""
        self.until = 0.0

    def take(
        self, *, purpose: str, release: str, seconds: float, on_wait: Callable[[str, float], None]
    ) -> "FakeLease":
        """Take it where nobody holds it."""
        del release
        self.fleet.called("lock.take")
        until = self.fleet.seconds() + seconds
        while self.is_held:
            left = until - self.fleet.seconds()
            if left <= 0:
                raise BusyError(f"{self.holder} holds the lock")
            on_wait(f"the lock, which {self.holder} holds", left)
            self.fleet.pass_time(min(3.0, left))
        return self.give(purpose)

    def give(self, holder: str) -> "FakeLease":
        """Give it to somebody, whoever has it."""
        self.generation += 1
        self.holder = holder
        self.until = self.fleet.seconds() + LEASE_SECONDS
        return FakeLease(self, self.generation)

    @property
    def is_held(self) -> bool:
        """Whether somebody holds it by now."""
        return bool(self.holder) and self.fleet.seconds() < self.until


class FakeLease:
    """The lock, held."""

    def __init__(self, lock: FakeLock, generation: int) -> None:
        self._lock = lock
        self.generation = generation

    def renew(self) -> None:
        """Renew it where a third of it is over."""
        if self._lock.generation == self.generation and not self._is_due():
            return
        self._lock.fleet.called("lock.renew")
        if self._lock.generation != self.generation:
            raise LockLostError(f"{self._lock.holder} has taken the lock")
        self._lock.until = self._lock.fleet.seconds() + LEASE_SECONDS

    def release(self) -> bool:
        """Give it back; False where somebody else has it."""
        self._lock.fleet.called("lock.release")
        if self._lock.generation != self.generation:
            return False
        self._lock.holder = ""
        return True

    def _is_due(self) -> bool:
        return self._lock.until - self._lock.fleet.seconds() <= LEASE_SECONDS * 2 / 3


class FakeJournals:
    """Records, by generation."""

    def __init__(self, fleet: FakeFleet) -> None:
        self._fleet = fleet
        self.records: dict[int, Record] = {}

    def write(self, record: Record) -> None:
        """Write a record."""
        self._fleet.called("journal.write")
        self.records[record.generation] = record

    def newest_unfinished(self) -> Record | None:
        """Return the newest one, unless it has ended, past those that changed nothing."""
        self._fleet.called("journal.newest_unfinished")
        for each in sorted(self.records, reverse=True):
            record = self.records[each]
            if record.outcome is not RolloutOutcome.NOTHING_CHANGED:
                return None if record.is_finished else record
        return None


class FakeHistories:
    """Entries, oldest first."""

    def __init__(self, fleet: FakeFleet) -> None:
        self._fleet = fleet
        self.entries: list[Account] = []

    def append(self, account: Account) -> None:
        """Add an entry."""
        self._fleet.called("history.append")
        self.entries.append(account)

    def newest_generation(self) -> int:
        """Return the lock's number in the newest entry."""
        self._fleet.called("history.newest")
        return self.entries[-1].generation if self.entries else 0

    def release_to_go_back_to(self, number: int | None) -> str:
        """Return the release of an entry, or the last good one before the current."""
        self._fleet.called("history.read")
        if number is not None and 0 < number <= len(self.entries):
            return self.entries[number - 1].image
        good = [each for each in self.entries if each.outcome is RolloutOutcome.DEPLOYED]
        current = self.entries[-1].release if self.entries else ""
        for each in reversed(good):
            if number is None and each.image != current:
                return each.image
        raise InvalidInputError(Problem(path="web", message="has no such entry"))

    def releases_to_keep(self) -> tuple[str, ...]:
        """Return the releases of the history, newest first."""
        return tuple(dict.fromkeys(each.image for each in reversed(self.entries)))


class FakeBalancer:
    """A load balancer that finds every host healthy that runs something, after a while.

    Attributes:
        refused: Releases that it never finds healthy.
    """

    def __init__(self, fleet: FakeFleet) -> None:
        self._fleet = fleet
        self.is_there = False
        self.drain_seconds = DRAIN_SECONDS
        self.since: dict[str, float] = {}
        self.out: dict[str, float] = {}
        self.refused: set[str] = set()

    def deregister(self, hosts: Sequence[Host]) -> None:
        """Take hosts out."""
        self._fleet.called("balancer.deregister")
        self.out.update((each.instance_id, self._fleet.seconds()) for each in hosts)

    def register(self, hosts: Sequence[Host]) -> None:
        """Put hosts in."""
        self._fleet.called("balancer.register")
        for each in hosts:
            if self.out.pop(each.instance_id, None) is not None:
                self.since[each.instance_id] = self._fleet.seconds()

    def states(self, hosts: Sequence[Host]) -> Mapping[str, TargetStanding]:
        """Return what is thought of each."""
        self._fleet.called("balancer.states")
        return {each.instance_id: self._standing(each.instance_id) for each in hosts}

    def _standing(self, instance_id: str) -> TargetStanding:
        now, host = self._fleet.seconds(), self._fleet.hosts.get(instance_id)
        if (out := self.out.get(instance_id)) is not None:
            is_over = now - out >= self.drain_seconds
            return TargetStanding(state=TargetState.ABSENT if is_over else TargetState.DRAINING)
        if host is None:
            return TargetStanding(state=TargetState.ABSENT)
        if not host.running or host.running in self.refused:
            return TargetStanding(state=TargetState.UNHEALTHY, reason="no answer")
        if now - self.since.get(instance_id, 0.0) < HEALTHY_SECONDS:
            return TargetStanding(state=TargetState.COMING)
        return TargetStanding(state=TargetState.HEALTHY)


class FakeTagger:
    """Tags of hosts, and the release that the stack gives to those to come.

    Attributes:
        is_deaf: Whether the stack takes a release and does not give it.
    """

    def __init__(self, fleet: FakeFleet) -> None:
        self._fleet = fleet
        self.release = ""
        self.generation = 0
        self.is_deaf = False

    def read_release(self) -> str:
        """Return the release that the stack gives."""
        self._fleet.called("tagger.read_release")
        return self.release

    def tag_hosts(self, instance_ids: Sequence[str], release: str, generation: int) -> None:
        """Tag hosts."""
        self._fleet.called("tagger.tag_hosts")
        for each in instance_ids:
            if each in self._fleet.hosts:
                self._fleet.hosts[each].tag(release, generation)

    def set_release(self, release: str, pause: Pause) -> None:
        """Update the stack, and wait for the end."""
        self._fleet.called("tagger.set_release")
        if release != self.release:
            pause(UPDATE_SECONDS)
            self._fleet.called("tagger.update_ended")
            self.release = self.release if self.is_deaf else release


class FakeRegistry:
    """A registry that has every image by digest, and some tags."""

    def __init__(self, fleet: FakeFleet) -> None:
        self._fleet = fleet
        self.tags: dict[str, str] = {}

    def resolve(self, typed: str, running: str) -> Image:
        """Return the image that a person means."""
        self._fleet.called("registry.resolve")
        found = typed if "@sha256:" in typed else self.tags.get(typed, "")
        if not found:
            hint = f"it runs {running or 'nothing'}"
            raise InvalidInputError(Problem(path=typed, message="no such image", hint=hint))
        return Image(release=found, tag="" if found == typed else typed.lstrip(":"))


class FakePreflight:
    """Forbids a rollout where a host does not answer."""

    def check(self, image: Image, observed: Observed) -> Findings:
        """Return the hosts that do not answer."""
        del image
        return Findings(
            problems=tuple(
                Problem(path=each.host.instance_id, message=each.problem)
                for each in observed.hosts
                if each.report is None
            )
        )


class FakeGroup:
    """A deploy group in memory, whose hosts run its first release.

    Args:
        hosts: How many hosts it has.
        is_balanced: Whether a load balancer stands before them.
        runs: The release that they run; empty for none yet.
    """

    def __init__(
        self, hosts: int = 3, *, is_balanced: bool = False, runs: str = release(1)
    ) -> None:
        self.clock = FakeClock()
        self.fleet = FakeFleet(self.clock, hosts)
        self.lock = FakeLock(self.fleet)
        self.journals = FakeJournals(self.fleet)
        self.histories = FakeHistories(self.fleet)
        self.balancer = FakeBalancer(self.fleet)
        self.balancer.is_there = is_balanced
        self.tagger = FakeTagger(self.fleet)
        self.registry = FakeRegistry(self.fleet)
        self.registry.tags.update({f":v{number}": release(number) for number in range(1, 10)})
        self.tagger.release = runs
        for each in self.fleet.hosts.values():
            each.tag(runs, 0)
            each.boot()

    @property
    def ports(self) -> Ports:
        """Everything of the world that a rollout needs."""
        return Ports(
            transport=self.fleet,
            fleet=self.fleet,
            lock=self.lock,
            journals=self.journals,
            histories=self.histories,
            balancer=self.balancer,
            tagger=self.tagger,
            registry=self.registry,
            preflight=FakePreflight(),
        )

    def rollouts(
        self,
        on_event: OnRolloutEvent = tell_nobody,
        take_decision: TakeDecision = never_interrupted,
        *,
        wait_lock_seconds: float = 0.0,
        hooks: RolloutHooks | None = None,
    ) -> Rollouts:
        """Return its rollouts, run by somebody."""
        run = Run(
            author=Author(who="somebody@here"),
            wait_lock_seconds=wait_lock_seconds,
            clock=Clock(now=self.clock.now, sleep=self.clock.sleep),
            on_event=on_event,
            take_decision=take_decision,
            hooks=hooks,
        )
        return Rollouts(GROUP, self.ports, run)

    def replace_host(self, instance_id: str) -> str:
        """End a host, and have Auto Scaling launch another; return its id."""
        self.fleet.terminate(instance_id)
        return self.fleet.launch(self.tagger.release, self.tagger.generation)

    @property
    def releases(self) -> dict[str, str]:
        """What each host runs, by instance id."""
        return {key: each.running for key, each in self.fleet.hosts.items()}
