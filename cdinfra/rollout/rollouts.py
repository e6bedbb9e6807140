"""Everything that can be done with the release of a deploy group, in one place.

    rollouts = open_rollouts(aws, group, transport, Run(author=Author(who="me@laptop")))
    plan = rollouts.plan_deploy(":v7", Strategy())
    result = rollouts.carry_out(plan)

A plan touches nothing. What is told on the way goes to ``Run.on_event``.
"""

from collections.abc import Callable
from dataclasses import replace

from cdinfra.errors import (
    BusyError,
    CdinfraError,
    DeclinedError,
    InvalidInputError,
    LockLostError,
    NothingChangedError,
    Problem,
)
from cdinfra.rollout.conclusion import conclude, cut_off, finished, refused, unchanged
from cdinfra.rollout.events import (
    Noticed,
    Phase,
    PhaseStarted,
    RolloutStarted,
)
from cdinfra.rollout.executor import execute
from cdinfra.rollout.fleet import RUNNING, Fleet
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.hands import Hands
from cdinfra.rollout.holding import (
    Holding,
    base_release,
    close_before,
    start_record,
)
from cdinfra.rollout.hooks import run_after
from cdinfra.rollout.image import Image
from cdinfra.rollout.observed import Observed
from cdinfra.rollout.pacing import Pacing
from cdinfra.rollout.plan import Purpose, RolloutPlan
from cdinfra.rollout.planner import plan as make_plan
from cdinfra.rollout.ports import Lease, Ports
from cdinfra.rollout.record import Record
from cdinfra.rollout.result import RolloutResult
from cdinfra.rollout.run import Run
from cdinfra.rollout.steps.balancing import register_absent
from cdinfra.rollout.strategy import Strategy
from cdinfra.rollout.work import Work

FRESH_SECONDS = 60.0
"""How old a look at the fleet may be when the work on it begins."""


class Rollouts:
    """The rollouts of one deploy group.

    Args:
        group: The deploy group.
        ports: The world.
        run: Who runs it, and whom it tells and asks.
    """

    def __init__(self, group: DeployGroup, ports: Ports, run: Run) -> None:
        self._group = group
        self._ports = ports
        self._run = run
        self._pacing = Pacing(run.clock, run.on_event, ports.renew_session)
        self._fleet = Fleet(ports, self._pacing, Hands(ports.transport, self._pacing))
        self._seen: Observed | None = None

    def plan_deploy(self, image: str, strategy: Strategy) -> RolloutPlan:
        """Return what rolling an image out would do; asks every host, and touches nothing.

        Args:
            image: As a person types it: ``repo:tag``, ``repo@sha256:…``, ``:tag``.
            strategy: How to go about it.

        Raises:
            InvalidInputError: There is no such image.
            NothingChangedError: It cannot be rolled out; the message has every reason.
            CloudError: The cloud cannot be asked.
        """
        return self._plan(Purpose.DEPLOY, self._resolve(image), strategy)

    def plan_rollback(self, number: int | None, strategy: Strategy) -> RolloutPlan:
        """Return what going back to an earlier release would do.

        Args:
            number: Number of the entry in the history whose release it is; None takes the
                last good one before the current.
            strategy: How to go about it.

        Raises:
            InvalidInputError: There is no such entry, its image is gone, or none was named
                while a rollout is unfinished.
            NothingChangedError: It cannot be rolled out; the message has every reason.
            CloudError: The cloud cannot be asked.
        """
        before = self._newest_unfinished() if number is None else None
        if before is not None:
            raise self._unclear(before)
        histories = self._ports.histories
        release = self._pacing.patiently(lambda: histories.release_to_go_back_to(number))
        return self._plan(Purpose.ROLLBACK, self._resolve(release), strategy)

    def plan_redeploy(self, strategy: Strategy) -> RolloutPlan:
        """Return what starting the group's release anew on every host would do.

        Raises:
            InvalidInputError: The group has no release.
            NothingChangedError: It cannot be rolled out; the message has every reason.
            CloudError: The cloud cannot be asked.
        """
        release = self._fleet.read_release()
        if not release:
            raise self._invalid("has no release yet", f"cdinfra deploy {self._group.stack} IMAGE")
        return self._plan(Purpose.REDEPLOY, self._resolve(release), strategy)

    def carry_out(self, plan: RolloutPlan) -> RolloutResult:
        """Do what a plan says; how it ended, also badly, is in the result.

        The last event is ``RolloutFinished``, whatever the end, unless somebody else holds the
        lock. Where the fleet is another one than the plan was made for, the plan is made anew,
        and that is told by ``Noticed``.

        Raises:
            BusyError: Somebody else holds the lock, or took it away; then nothing more was
                touched.
            KeyboardInterrupt: As it came; the lock is given back, and what was begun can be
                resumed or aborted.
        """
        try:
            result = self._carry_out(plan)
        except (BusyError, KeyboardInterrupt):
            raise
        except CdinfraError as error:
            result = refused(plan, error.message)
        self._run.on_event(finished(result))
        return result

    def resume(self, confirm: "Confirm | None" = None) -> RolloutResult:
        """Finish the newest rollout that has not ended: every host gets its release.

        Args:
            confirm: Shown the plan before anything is touched; nothing is where it says False.

        Raises:
            InvalidInputError: There is nothing to resume.
            NothingChangedError: It cannot be resumed; the message has every reason.
            DeclinedError: It was not confirmed.
            BusyError: As of :meth:`carry_out`.
            CloudError: The cloud cannot be asked.
        """
        record = self._unfinished("resume")
        again = record.purpose is Purpose.REDEPLOY
        purpose = Purpose.REDEPLOY if again else Purpose.RESUME
        return self._go_on(purpose, record.image, record, confirm)

    def abort(self, confirm: "Confirm | None" = None) -> RolloutResult:
        """Undo the newest rollout that has not ended: every host gets the old release.

        The outcome of one that went well is ``ROLLED_BACK``.

        Args:
            confirm: Shown the plan before anything is touched; nothing is where it says False.

        Raises:
            InvalidInputError: There is nothing to abort, or nothing to go back to.
            DeclinedError: It was not confirmed.
            BusyError: As of :meth:`carry_out`.
            CloudError: The cloud cannot be asked.
        """
        record = self._unfinished("abort")
        if not record.from_release:
            hint = f"go on with it: cdinfra resume {self._group.stack}"
            raise self._invalid("has no release to go back to", hint)
        return self._go_on(Purpose.ABORT, record.from_release, record, confirm)

    def _go_on(
        self, purpose: Purpose, release: str, record: Record, confirm: "Confirm | None"
    ) -> RolloutResult:
        image = Image(release=release)
        plan = self._plan(purpose, image, record.strategy)
        if confirm is not None and not confirm(plan):
            raise DeclinedError("declined; nothing was changed")
        return self.carry_out(plan)

    def _resolve(self, typed: str) -> Image:
        running = self._fleet.read_release()
        return self._pacing.patiently(lambda: self._ports.registry.resolve(typed, running))

    def _unfinished(self, verb: str) -> Record:
        record = self._newest_unfinished()
        if record is None:
            hint = f"what was done: cdinfra history {self._group.stack}"
            raise self._invalid(f"has no unfinished rollout to {verb}", hint)
        return record

    def _newest_unfinished(self) -> Record | None:
        return self._pacing.patiently(self._ports.journals.newest_unfinished)

    def _unclear(self, before: Record) -> InvalidInputError:
        """Return that nobody knows what is before the current release: there is no current one."""
        name = self._group.stack
        undo = f"undo it: cdinfra abort {name}; " if before.from_release else ""
        return self._invalid(
            f"has an unfinished {before.purpose} of {before.image}, so which release is to be "
            "gone back to is not clear",
            f"{undo}finish it: cdinfra resume {name}; or name an entry of its history: "
            f"cdinfra rollback {name} N",
        )

    def _invalid(self, message: str, hint: str) -> InvalidInputError:
        return InvalidInputError(Problem(path=self._group.stack, message=message, hint=hint))

    def _plan(self, purpose: Purpose, image: Image, strategy: Strategy) -> RolloutPlan:
        self._run.on_event(PhaseStarted(phase=Phase.PREFLIGHT))
        before = self._newest_unfinished()
        observed = self._fleet.observe()
        self._seen = observed
        base = base_release(before, observed.release)
        notes = self._check(purpose, image, observed)
        if before and purpose not in (Purpose.RESUME, Purpose.ABORT):
            notes += (f"an unfinished {before.purpose} of {before.image} is overtaken",)
        observed = replace(observed, release=base)
        made = make_plan(purpose, self._group, image, observed, strategy)
        if purpose is Purpose.ABORT and before:
            made = replace(made, from_release=before.image)
        hooks = self._run.hooks.declared if self._run.hooks else ()
        return replace(made, notes=notes, hooks=hooks)

    def _check(self, purpose: Purpose, image: Image, observed: Observed) -> tuple[str, ...]:
        """Return what a person should know; an abort does what it can, whatever was seen."""
        found = self._ports.preflight.check(image, observed)
        if found.problems and purpose is not Purpose.ABORT:
            raise NothingChangedError("\n".join(map(str, found.problems)))
        return (*found.notes, *map(str, found.problems))

    def _carry_out(self, plan: RolloutPlan) -> RolloutResult:
        if not plan.batches and plan.purpose is not Purpose.ABORT and self._is_told(plan):
            return unchanged(plan)
        holding = Holding(self._ports, self._pacing, self._run)
        with holding.lock(plan) as lease:
            return self._hold(plan, lease)

    def _is_told(self, plan: RolloutPlan) -> bool:
        """Whether tags and history have nothing to learn of a plan that changes no host."""
        release = plan.image.release
        if self._newest_unfinished() is not None:
            return False
        hosts = self._fleet.list_hosts()
        return self._fleet.read_release() == release and all(
            each.release == release for each in hosts if each.state == RUNNING
        )

    def _hold(self, planned: RolloutPlan, lease: Lease) -> RolloutResult:
        before = self._newest_unfinished()
        plan = self._renewed(planned, before)
        run, now = self._run, self._pacing.now()
        record = start_record(plan, lease.generation, run.author, now, before)
        work = Work(plan, self._ports, self._pacing, run, record)
        try:
            if before is not None:
                close_before(self._ports, self._pacing, before)
            run.on_event(RolloutStarted(plan=plan, generation=lease.generation))
            # Before the journal: once that is there, nobody reads the one of the rollout before,
            # which says that hosts may be out of their load balancers.
            self._take_in(work, before)
            work.write()
            result = conclude(work, execute(work))
        except LockLostError as error:
            run.on_event(finished(cut_off(work, error.message)))
            raise
        except KeyboardInterrupt:
            run.on_event(finished(cut_off(work, "it was left at once after Ctrl-C")))
            raise
        failure = run_after(work, result.outcome)
        return replace(result, hook_failure=failure) if failure else result

    def _renewed(self, plan: RolloutPlan, before: Record | None) -> RolloutPlan:
        """Return the plan, or where the fleet is another one by now, a new plan."""
        running = {each.instance_id for each in self._fleet.list_hosts() if each.state == RUNNING}
        base = base_release(before, self._fleet.read_release())
        same = running == {each.instance_id for each in (*plan.hosts, *plan.current)}
        aborts = plan.purpose is Purpose.ABORT
        expected = plan.image.release if aborts else plan.from_release
        seen = self._seen
        fresh = seen and self._pacing.seconds_since(seen.seen_at) < FRESH_SECONDS
        if same and base == expected and fresh:
            return plan
        if aborts and (before is None or before.from_release != plan.image.release):
            raise NothingChangedError("somebody else has gone on with that rollout meanwhile")
        text = "the fleet was looked at again, as time has passed or it is another one by now"
        self._run.on_event(Noticed(text=text))
        return self._plan(plan.purpose, plan.image, plan.strategy)

    def _take_in(self, work: Work, before: Record | None) -> None:
        hosts = {each.instance_id: each for each in self._fleet.list_hosts()}
        for number, batch in enumerate(work.plan.batches, 1):
            ids = [each.instance_id for each in batch.hosts]
            work.progress.add([hosts[each] for each in ids if each in hosts], number)
        current = [each.instance_id for each in work.plan.current]
        work.progress.add([hosts[each] for each in current if each in hosts])
        if before is not None and before.strategy.drains:
            register_absent(work, list(work.progress.hosts.values()))


Confirm = Callable[[RolloutPlan], bool]
"""Returns whether a person agrees to a plan."""
