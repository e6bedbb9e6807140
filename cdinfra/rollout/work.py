"""A rollout that holds the lock: what its steps share."""

from collections.abc import Sequence
from dataclasses import replace

from cdinfra.aws.hosts import Host
from cdinfra.rollout.events import Noticed, Phase, PhaseStarted
from cdinfra.rollout.fleet import Fleet
from cdinfra.rollout.hands import Hands
from cdinfra.rollout.interrupts import Decision, Standing
from cdinfra.rollout.pacing import Pacing
from cdinfra.rollout.plan import Purpose, RolloutPlan
from cdinfra.rollout.ports import Ports
from cdinfra.rollout.progress import Progress
from cdinfra.rollout.record import Record
from cdinfra.rollout.run import Run
from cdinfra.rollout.stops import LeaveError, StopError

MOST_KEPT = 4
"""Releases that hosts are told to keep, besides the one to go back to."""


class Work:
    """What the steps of one rollout share.

    Args:
        plan: What it does.
        ports: The world.
        pacing: What waits; it holds the lock's lease.
        run: Whom it tells and asks.
        record: The journal to begin with.

    Attributes:
        record: Its journal, as it was last written.
        target: The release that hosts are to run: the old one, once it goes back.
        hooks: Runs the hooks around it; None where there are none.
        hooks_begun: Whether those before it have begun.
    """

    def __init__(
        self,
        plan: RolloutPlan,
        ports: Ports,
        pacing: Pacing,
        run: Run,
        record: Record,
    ) -> None:
        self.plan = plan
        self.ports = ports
        self.pacing = pacing
        self.tell = run.on_event
        self.hands = Hands(ports.transport, pacing)
        self.fleet = Fleet(ports, pacing, self.hands)
        self.progress = Progress(pacing, run.on_event)
        self.record = record
        self.target = plan.image.release
        self.hooks = run.hooks
        self.hooks_begun = False
        self._take_decision = run.take_decision
        self._kept: tuple[str, ...] | None = None

    @property
    def generation(self) -> int:
        """The lock's number."""
        return self.record.generation

    def write(self, **changes: object) -> None:
        """Write the journal, with what has changed; see first that the lock is still ours.

        Raises:
            LockLostError: Somebody else has taken the lock.
            CloudError: It cannot be written.
        """
        self.pacing.renew()
        self.record = replace(self.record, **changes)  # type: ignore[arg-type]
        self.pacing.patiently(lambda: self.ports.journals.write(self.record))

    def begin(self, phase: Phase, hosts: int, batch: int = 0) -> None:
        """Tell that a step begins."""
        of = len(self.plan.batches) if batch else 0
        self.tell(PhaseStarted(phase=phase, batch=batch, of=of, hosts=hosts))

    def notice(self, text: str) -> None:
        """Tell what a person should know."""
        self.tell(Noticed(text=text))

    def check_stop(self) -> None:
        """Hear whether somebody wants to stop here, and see that the lock is still ours.

        A question may have stood for longer than the lease: what follows is done to hosts.

        Raises:
            LeaveError: It is to be left as it is.
            StopError: It is to go back.
            LockLostError: Somebody else has taken the lock.
        """
        match self.decide():
            case Decision.LEAVE:
                raise LeaveError
            case Decision.GO_BACK:
                raise StopError("somebody pressed Ctrl-C and wanted it back")
            case _:
                self.pacing.renew()

    def decide(self) -> Decision:
        """Return what somebody wants who pressed Ctrl-C; GO_ON where nobody did."""
        left = len(self.plan.hosts) - self.progress.done - len(self.progress.failures)
        standing = Standing(
            release=self.plan.image.release,
            from_release=self.record.from_release,
            changed=self.progress.done,
            left=max(0, left),
        )
        return self._take_decision(standing)

    def pause(self, what: str, seconds: float) -> None:
        """Wait, and hear whether somebody wants to stop."""
        since = self.pacing.now()
        self.check_stop()
        while (left := seconds - self.pacing.seconds_since(since)) > 0:
            self.pacing.wait_for(what, min(left, 1.0), left)
            self.check_stop()

    def deploy_words(self, *, again: bool) -> tuple[str, ...]:
        """Return the command line with which the agent goes to the target."""
        words = ["deploy", self.target, "--generation", str(self.generation)]
        if again:
            words.append("--again")
        for each in self._releases_to_keep():
            words += ["--keep-image", each]
        return tuple(words)

    @property
    def starts_anew(self) -> bool:
        """Whether a host that runs the release already gets a new container, too."""
        return self.plan.purpose is Purpose.REDEPLOY and not self.record.is_going_back

    def drop_gone(self, hosts: Sequence[Host]) -> tuple[Host, ...]:
        """Tell of those hosts that do not run any more; return the others."""
        if not hosts:
            return ()
        gone = self.fleet.gone(each.instance_id for each in hosts)
        for instance_id, state in gone.items():
            self.progress.lose(instance_id, state)
        return tuple(each for each in hosts if each.instance_id not in gone)

    def _releases_to_keep(self) -> tuple[str, ...]:
        if self._kept is None:
            kept = self.pacing.patiently(self.ports.histories.releases_to_keep)
            own = (self.record.from_release, self.plan.image.release)
            self._kept = tuple(dict.fromkeys(filter(None, (*own, *kept[:MOST_KEPT]))))
        return self._kept
