"""What becomes of a rollout when something goes wrong in each of its steps: tried, not claimed.

Each cell of the table rolls a release out to a fleet in memory, lets one fault happen when one
step begins, mends the world afterwards as a person would, and then resumes or aborts what was
left. ``docs/faults.md`` is written from it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cdinfra.errors import (
    BusyError,
    CdinfraError,
    CloudError,
    InvalidInputError,
    LockLostError,
    NoCredentialsError,
    NothingChangedError,
    ThrottledError,
)
from cdinfra.rollout.events import Phase, PhaseStarted, RolloutEvent
from cdinfra.rollout.fake_group import FakeGroup, release
from cdinfra.rollout.fake_hosts import Behaviour, FakeHost
from cdinfra.rollout.interrupts import Decision, Standing
from cdinfra.rollout.strategy import Share, Strategy

OLD, NEW = release(1), release(2)

HOSTS = 4

STRATEGY = Strategy(batch=Share(number=1), drains=True, host_seconds=120, balancer_seconds=60)

OUTAGE_SECONDS = 600.0
"""Longer than a rollout has patience for."""

THROTTLED_SECONDS = 40.0
"""Shorter than that."""


class KilledError(BaseException):
    """The deployer's process has ended with SIGKILL: nothing of it runs any more."""


class Fault(StrEnum):
    """What goes wrong."""

    KILLED = "deployer killed with -9"
    LEFT = "Ctrl-C, and left"
    GONE_BACK = "Ctrl-C, and gone back"
    LEFT_AT_ONCE = "Ctrl-C twice"
    CREDENTIALS = "credentials expired"
    THROTTLED = "API throttled"
    OUT_OF_REACH = "API out of reach"
    HOST_KILLED = "host killed"
    HOST_UNREACHABLE = "host unreachable"
    REGISTRY_DOWN = "registry down"
    DISK_FULL = "disk full"
    SICK_IMAGE = "unhealthy image"
    DYING_IMAGE = "image that dies after its gate"
    LOCK_LOST = "lock lost to another deployer"
    SLOW_HOST = "slow host beyond its deadline"


class Way(StrEnum):
    """What a person does about a rollout that has not ended."""

    RESUME = "resume"
    ABORT = "abort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What became of it.

    Attributes:
        fault: What went wrong.
        phase: When.
        way: What was done about what was left.
        first: How the rollout ended.
        then: How what was done about it ended; empty where nothing was left to do.
        wrong: What is not as it has to be; nothing where all is well.
    """

    fault: Fault
    phase: Phase
    way: Way
    first: str
    then: str
    wrong: tuple[str, ...]

    @property
    def words(self) -> str:
        """How it ended, in words."""
        return f"{self.first}; {self.way}: {self.then}" if self.then else self.first


class Drill:
    """One rollout, in which one thing goes wrong.

    Args:
        fault: What goes wrong.
        phase: When: as this step begins; on the hosts for the second time.
    """

    def __init__(self, fault: Fault, phase: Phase) -> None:
        self.group = FakeGroup(HOSTS, is_balanced=True, runs=OLD)
        self.fault = fault
        self.phase = phase
        self.has_happened = False
        self._is_over = False
        self._failure: Callable[[], BaseException | None] = lambda: None
        self._decision = Decision.GO_ON
        self.group.fleet.on_call = self._on_call

    def run(self, way: Way) -> Cell:
        """Roll out, mend, and then resume or abort what was left."""
        first = self._attempt(self._deploy)
        self._mend()
        then = ""
        if self.group.journals.newest_unfinished() is not None:
            rollouts = self.group.rollouts()
            then = self._attempt(rollouts.resume if way is Way.RESUME else rollouts.abort)
        wrong = find_wrong(self.group)
        return Cell(
            fault=self.fault, phase=self.phase, way=way, first=first, then=then, wrong=wrong
        )

    def _deploy(self) -> object:
        rollouts = self.group.rollouts(self._on_event, self._decide)
        return rollouts.carry_out(rollouts.plan_deploy(":v2", STRATEGY))

    @staticmethod
    def _attempt(act: Callable[[], object]) -> str:
        try:
            result = act()
        except KilledError:
            return "killed"
        except KeyboardInterrupt:
            return "left at once"
        except InvalidInputError as error:
            return f"refused: {error.message}"
        except CdinfraError as error:
            return f"{_END[type(error)]} (exit code {error.exit_code})"
        return str(getattr(result, "outcome", ""))

    def _on_event(self, event: RolloutEvent) -> None:
        if self.has_happened or not isinstance(event, PhaseStarted):
            return
        if event.phase is self.phase and event.batch in (0, 2):
            self.has_happened = True
            self._happen()

    def _on_call(self, _: str) -> None:
        if not self._is_over and (failure := self._failure()) is not None:
            raise failure

    def _decide(self, _: Standing) -> Decision:
        decision, self._decision = self._decision, Decision.GO_ON
        return decision

    def _happen(self) -> None:
        begin: dict[Fault, Callable[[], None]] = {
            Fault.KILLED: lambda: self._fail_calls(KilledError),
            Fault.LEFT: lambda: self._press(Decision.LEAVE),
            Fault.GONE_BACK: lambda: self._press(Decision.GO_BACK),
            Fault.LEFT_AT_ONCE: lambda: self._fail_calls(_once(KeyboardInterrupt())),
            Fault.CREDENTIALS: lambda: self._fail_calls(self._for(OUTAGE_SECONDS, _EXPIRED)),
            Fault.THROTTLED: lambda: self._fail_calls(self._for(THROTTLED_SECONDS, _SLOW_DOWN)),
            Fault.OUT_OF_REACH: lambda: self._fail_calls(self._for(OUTAGE_SECONDS, _SILENCE)),
            Fault.HOST_KILLED: self._kill_host,
            Fault.HOST_UNREACHABLE: self._cut_off_host,
            Fault.REGISTRY_DOWN: lambda: self._behave(Behaviour(cannot_be_pulled="no answer")),
            Fault.DISK_FULL: self._fill_disk,
            Fault.SICK_IMAGE: lambda: self._behave(Behaviour(is_sick=True)),
            Fault.DYING_IMAGE: self._end_containers,
            Fault.LOCK_LOST: self._take_lock,
            Fault.SLOW_HOST: self._stop_host,
        }
        begin[self.fault]()

    @property
    def _victim(self) -> FakeHost:
        return list(self.group.fleet.hosts.values())[2]

    def _fail_calls(self, failure: Callable[[], BaseException | None]) -> None:
        self._failure = failure

    def _press(self, decision: Decision) -> None:
        self._decision = decision

    def _take_lock(self) -> None:
        self.group.lock.give("somebody else")

    def _kill_host(self) -> None:
        self.group.replace_host(self._victim.host.instance_id)

    def _cut_off_host(self) -> None:
        self._victim.is_reachable = False

    def _stop_host(self) -> None:
        self._victim.is_stuck = True

    def _fill_disk(self) -> None:
        full = Behaviour(cannot_be_pulled="900 MiB are free, and 1,024 have to be")
        self._victim.behaviours[NEW] = full

    def _behave(self, behaviour: Behaviour) -> None:
        self.group.fleet.images[NEW] = behaviour

    def _end_containers(self) -> None:
        self._behave(Behaviour(dies=True))
        for each in self.group.fleet.hosts.values():
            each.restarts = 3 if each.running == NEW else 0

    def _mend(self) -> None:
        """Mend what a person would: never the image, and not what the deployer has left."""
        self._is_over = True
        for each in self.group.fleet.hosts.values():
            each.is_reachable = True
            each.is_stuck = False
            each.behaviours.clear()
        if self.fault is Fault.REGISTRY_DOWN:
            self.group.fleet.images.clear()
        self.group.fleet.pass_time()

    def _for(self, seconds: float, error: CdinfraError) -> Callable[[], BaseException | None]:
        until = self.group.fleet.seconds() + seconds
        return lambda: error if self.group.fleet.seconds() < until else None


_END: dict[type[CdinfraError], str] = {
    NothingChangedError: "refused before the lock",
    BusyError: "refused",
    LockLostError: "stopped at once",
    NoCredentialsError: "failed before the lock",
    CloudError: "failed before the lock",
}

_EXPIRED = NoCredentialsError("the session has expired")
_SLOW_DOWN = ThrottledError("slow down")
_SILENCE = CloudError("no answer")


def _once(error: BaseException) -> Callable[[], BaseException | None]:
    left = [error]
    return lambda: left.pop() if left else None


def find_wrong(group: FakeGroup) -> tuple[str, ...]:
    """Return what is not as it has to be when a rollout is over.

    The fleet runs one release, whole, and nothing third has run; tags, agents and the release
    for hosts to come agree; nobody holds the lock; every host is in its load balancer; and
    the newest entry of the history says what runs.
    """
    hosts = group.fleet.hosts.values()
    running = {each.running for each in hosts}
    wanted = group.tagger.release
    told = group.histories.entries
    generations = [each.generation for each in told]
    rules = {
        "the fleet runs several releases": len(running) == 1,
        "a third release has run": {one for each in hosts for one in each.past} <= {OLD, NEW},
        "an agent would change its release": all(each.desired == each.running for each in hosts),
        "hosts to come would run another release": wanted in running,
        "the tag of a host says another release": {each.host.release for each in hosts} == {wanted},
        "the lock is still held": not group.lock.is_held,
        "a host is out of its load balancer": not group.balancer.out.keys()
        & group.fleet.hosts.keys(),
        "the history says another release": not told or told[-1].release in running,
        "the history does not tell of it": bool(told) or running == {OLD},
        "the history tells of a rollout twice": len(generations) == len(set(generations)),
    }
    return tuple(problem for problem, is_met in rules.items() if not is_met)


def run_cell(fault: Fault, phase: Phase, way: Way) -> Cell | None:
    """Return what becomes of one fault in one step; None where that step does not come."""
    drill = Drill(fault, phase)
    cell = drill.run(way)
    return cell if drill.has_happened else None


def table() -> Iterator[tuple[Fault, Phase, tuple[Cell, ...]]]:
    """Yield every fault in every step, each resumed and aborted."""
    for fault in Fault:
        for phase in Phase:
            cells = (run_cell(fault, phase, way) for way in Way)
            yield fault, phase, tuple(each for each in cells if each is not None)
