"""Everything that a command does with an app's stacks in one cloud, behind one object."""

import os
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import TracebackType
from typing import Self

from cdinfra.aws.cloud import Aws
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.approval import ANYTHING, Approval
from cdinfra.deploy.attaching import plan_attach, refuse_busy
from cdinfra.deploy.attention import Attention
from cdinfra.deploy.change_sets import ChangeSets
from cdinfra.deploy.clock import SYSTEM_CLOCK, Clock
from cdinfra.deploy.deletions import plan_down
from cdinfra.deploy.drift import Detections, StackDrift
from cdinfra.deploy.executor import Executor, Means
from cdinfra.deploy.first_releases import kept_releases
from cdinfra.deploy.hooks import Hooks
from cdinfra.deploy.host_log import HostLogReader
from cdinfra.deploy.host_survey import Survey, survey_hosts
from cdinfra.deploy.identifiers import Wanted
from cdinfra.deploy.import_plan import describe_import
from cdinfra.deploy.interrupts import TakeDecision, never_interrupted
from cdinfra.deploy.large_templates import refuse_large
from cdinfra.deploy.observe import Observed
from cdinfra.deploy.operations import Target, UnderWay
from cdinfra.deploy.outside_values import with_outside_values
from cdinfra.deploy.plan import Plan
from cdinfra.deploy.planner import plan
from cdinfra.deploy.preview import preview
from cdinfra.deploy.processes import Machine
from cdinfra.deploy.reader import Reader
from cdinfra.deploy.refusals import refuse_unknown
from cdinfra.deploy.repairs import NO_REPAIRS, Repairs, plan_rollbacks
from cdinfra.deploy.result import Result
from cdinfra.deploy.saved_plan import CloudPlace, SavedPlan
from cdinfra.deploy.sealing import build_saved_plan
from cdinfra.deploy.state_buckets import StateBuckets
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.events import Event, Notice, OnEvent
from cdinfra.model import Deployable


def _ignore(_: Event) -> None:
    """Tell nobody."""


class Deployer(Reader):
    """Plans, previews and carries out what a command does with an app's stacks.

    Use it as a context: on leaving, for whatever reason, no change set stays behind that
    was made for a preview and not executed.

    Args:
        aws: The cloud.
        app: The app.
        on_event: Told of everything that happens.
        clock: What time it is, and how to wait.
        take_decision: Asked between two polls what a person wants who pressed Ctrl-C.
        machine: Where hooks run, and where parameters take values from that come from
            environment and files; by default the current folder.
    """

    def __init__(
        self,
        aws: Aws,
        app: Deployable,
        *,
        on_event: OnEvent = _ignore,
        clock: Clock = SYSTEM_CLOCK,
        take_decision: TakeDecision = never_interrupted,
        machine: Machine | None = None,
    ) -> None:
        super().__init__(aws, app, on_event=on_event)
        places = {each.name: each.place for each in app.build()}
        self._foundations = {name: places[name] for name in app.foundations}
        self._clock = clock
        attention = Attention(
            self._aws, clock=clock, on_event=self._tell, take_decision=take_decision
        )
        self._poller, self._operations = attention.poller, attention.operations
        self._change_sets = ChangeSets(
            self._aws,
            poller=self._poller,
            foundations=self._foundations,
            on_event=on_event,
        )
        self._buckets = StateBuckets(self._aws, self._foundations)
        self._machine = machine or Machine(folder=Path(), environ=os.environ)
        self._hooks = Hooks(
            self._aws,
            app,
            machine=self._machine,
            operations=self._operations,
            clock=clock,
            on_event=on_event,
        )
        self._observed = Observed(app=app.name, env=app.env)

    def __enter__(self) -> Self:
        """Begin a run."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the run."""
        self._hooks.close()
        self._change_sets.close()

    @property
    def under_way(self) -> tuple[UnderWay, ...]:
        """The operations that were followed and have not ended, as after an interrupt."""
        return self._operations.under_way

    def plan_up(
        self, only: Iterable[str] = (), *, wait: bool = True, refuses_busy: bool = False
    ) -> Plan:
        """Compare the app with what exists and plan to create, update and delete stacks.

        Args:
            only: Names of the stacks to work on; none means all.
            wait: Whether to wait for operations under way first.
            refuses_busy: Whether to refuse instead of waiting.

        Raises:
            InvalidInputError: A name is not known, a stack lacks what it needs, or the account
                is not that of the environment.
            StackFailedError: A stack is in a status in which it cannot be worked on.
            BusyError: An operation is under way, and was not to be waited for.
            CloudError: The cloud cannot be asked.
        """
        names = tuple(only)
        self._observed = self._observe()
        templates = with_outside_values(
            self._app.build(), only=names, aws=self._aws, machine=self._machine
        )
        if wait:
            statuses = {status for status, rule in RULES.items() if rule.up is Move.WAIT}
            self._wait(names, statuses, refuses=refuses_busy)
        planned = plan(templates, self._observed, only=names)
        refuse_large(planned, self._observed, self._foundations)
        for notice in kept_releases(templates, self._observed):
            self._on_event(notice)
        return planned

    def plan_rollbacks(
        self, only: Iterable[str] = (), *, repairs: Repairs, refuses_busy: bool = False
    ) -> Plan:
        """Plan to finish the rollbacks that failed, so that ``up`` can go on.

        Args:
            only: Names of the stacks; none means all.
            repairs: Which resources are left as they are.
            refuses_busy: Whether to refuse instead of waiting for operations under way.

        Raises:
            InvalidInputError: A resource does not block its stack.
            BusyError: An operation is under way, and was not to be waited for.
            CloudError: The cloud cannot be asked.
        """
        names = tuple(only)
        self._observed = self._observe()
        self._wait(names, {each for each in StackStatus if each.is_running}, refuses=refuses_busy)
        return plan_rollbacks(self._observed, repairs, only=names)

    def plan_attach(self, only: Iterable[str] = ()) -> Plan:
        """Plan to follow the operations under way to their ends, whoever started them.

        Args:
            only: Names of the stacks; none means all.

        Raises:
            InvalidInputError: A name in ``only`` is no stack of the app.
            CloudError: The cloud cannot be asked.
        """
        names = tuple(only)
        self._observed = self._observe(documents=False)
        wanted = {each.name for each in self._app.build()}
        refuse_unknown(names, wanted | self._observed.stacks.keys())
        return plan_attach(self._observed, only=names)

    def plan_down(
        self,
        only: Iterable[str] = (),
        *,
        wait: bool = True,
        refuses_busy: bool = False,
        repairs: Repairs = NO_REPAIRS,
    ) -> Plan:
        """Plan to delete stacks, each before those that it depends on.

        Args:
            only: Names of the stacks to delete; none means all of the app in this environment.
            wait: Whether to wait for operations under way first.
            refuses_busy: Whether to refuse instead of waiting.
            repairs: What is left in the account where a deletion has failed before.

        Raises:
            InvalidInputError: A name is not known, or another stack depends on its stack.
            StackFailedError: A stack is protected.
            BusyError: An operation is under way, and was not to be waited for.
            CloudError: The cloud cannot be asked.
        """
        names = tuple(only)
        self._observed = self._observe()
        if wait:
            statuses = {status for status, rule in RULES.items() if rule.down is Move.WAIT}
            self._wait(names, statuses, refuses=refuses_busy)
        return plan_down(self._app.build(), self._observed, only=names, repairs=repairs)

    def plan_import(
        self, stack: str, wanted: tuple[Wanted, ...], *, refuses_busy: bool = False
    ) -> Plan:
        """Plan to take existing resources into a stack, after what is under way on it.

        Args:
            stack: Name of the stack, which ``infra.py`` has; it is made where it does not exist.
            wanted: The resources.
            refuses_busy: Whether to refuse instead of waiting.

        Raises:
            InvalidInputError: The stack or a resource is not known, or cannot be imported.
            StackFailedError, BusyError: The stack's status does not allow an import.
            CloudError: The cloud cannot be asked, or does not know a type.
        """
        refuse_unknown([stack], {each.name for each in self._app.build()})
        self._observed = self._observe()
        read = with_outside_values(
            self._app.build(), only=(stack,), aws=self._aws, machine=self._machine
        )
        templates = {each.name: each for each in read}
        running = {each for each in StackStatus if each.is_running}
        self._wait((stack,), running, refuses=refuses_busy)
        return describe_import(self._aws.stacks, templates[stack], self._observed, wanted)

    def preview(self, planned: Plan) -> Plan:
        """Add to a plan what happens to each resource, property by property.

        Raises:
            CloudError: CloudFormation refuses a template or a parameter.
        """
        shown = preview(
            planned,
            self._observed,
            stacks=self._aws.stacks,
            poller=self._poller,
            change_sets=self._change_sets,
        )
        for notice in self._buckets.notices(shown):
            self._on_event(Notice(message=notice))
        return shown

    def execute(self, planned: Plan, approval: Approval = ANYTHING) -> Result:
        """Carry a plan out. A stack that fails is in the result, not an error.

        Args:
            planned: What is done.
            approval: What may come up on the way that the plan does not show for sure.

        Raises:
            CloudError: The cloud went away; what is under way there goes on.
        """
        if any(action.hooks for action in planned.actions):
            # Hooks are told where they act. Asked now, a session that expires later is no matter.
            self.account()
        means = Means(
            stacks=self._aws.stacks,
            change_sets=self._change_sets,
            operations=self._operations,
            hooks=self._hooks,
            buckets=self._buckets,
            host_logs=HostLogReader(self._aws),
            clock=self._clock,
            on_event=self._tell,
        )
        executor = Executor(means, self._observed)
        stacks = tuple(map(self._sources.named, executor.run(planned, approval)))
        return Result(app=planned.app, env=planned.env, stacks=stacks, hosts=self._hosts_at_end())

    def saved(self, planned: Plan, place: CloudPlace, only: Iterable[str] = ()) -> SavedPlan:
        """Return a plan that was just made as it is saved.

        Args:
            planned: What will be done.
            place: Where.
            only: Names of the stacks that it was narrowed to.
        """
        return build_saved_plan(planned, self._observed, place=place, only=tuple(only))

    def drift(self, only: Iterable[str] = ()) -> tuple[StackDrift, ...]:
        """Detect what was changed past the templates, and return that of each stack.

        Args:
            only: Names of the stacks; none means all.

        Raises:
            InvalidInputError: A name in ``only`` is no stack of the app.
            CloudError: The cloud cannot be asked, does not permit it, or keeps throttling.
        """
        chosen = self._chosen(only)
        if names := [each.stack_name for each in chosen if each.status]:
            self._on_event(Notice(message=f"detecting the drift of {', '.join(names)}"))
        return Detections(self._aws.stacks, poller=self._poller, clock=self._clock).run(chosen)

    def survey(self, *, timeout: float | None) -> Survey:
        """Return the app's hosts, with what each says that it runs.

        Args:
            timeout: How long to wait for their answers, in seconds; None to ask none of them.

        Raises:
            CloudError: The hosts cannot be listed.
        """
        return survey_hosts(
            self._aws.each_place(),
            app=self._app.name,
            env=self._app.env,
            clock=self._clock,
            timeout=timeout,
        )

    def _wait(
        self, names: tuple[str, ...], statuses: AbstractSet[StackStatus], *, refuses: bool
    ) -> None:
        while running := [
            each
            for name, each in self._observed.stacks.items()
            if each.description.status in statuses and (not names or name in names)
        ]:
            if refuses:
                refuse_busy(running, self._aws.stacks)
            self._poller.run(
                {each.stack: self._operations.attach(Target.of(each)) for each in running}
            )
            self._observed = self._observe()
