"""Everything that a command does with an app's stacks in one cloud, behind one object."""

import os
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import TracebackType
from typing import Self

from cdinfra.aws.account import Account
from cdinfra.aws.cloud import Aws
from cdinfra.aws.hosts import Host
from cdinfra.aws.routed import route
from cdinfra.aws.stack_status import StackStatus
from cdinfra.deploy.approval import ANYTHING, Approval
from cdinfra.deploy.attaching import plan_attach, refuse_busy
from cdinfra.deploy.attention import Attention
from cdinfra.deploy.change_sets import ChangeSets
from cdinfra.deploy.clock import SYSTEM_CLOCK, Clock
from cdinfra.deploy.deletions import plan_down
from cdinfra.deploy.drift import Detections, StackDrift
from cdinfra.deploy.executor import Executor, Means
from cdinfra.deploy.explanation import Explanation
from cdinfra.deploy.failure import Subject
from cdinfra.deploy.histories import Histories
from cdinfra.deploy.hooks import Hooks
from cdinfra.deploy.interrupts import TakeDecision, never_interrupted
from cdinfra.deploy.large_templates import refuse_large
from cdinfra.deploy.latest_events import describe_latest_events
from cdinfra.deploy.locations import describe_locations, refuse_other_account
from cdinfra.deploy.observe import Observed, observe
from cdinfra.deploy.operations import Target, UnderWay
from cdinfra.deploy.outside_values import with_outside_values
from cdinfra.deploy.past_operations import History
from cdinfra.deploy.plan import Plan
from cdinfra.deploy.planner import plan
from cdinfra.deploy.preview import preview
from cdinfra.deploy.processes import Machine
from cdinfra.deploy.refusals import refuse_unknown
from cdinfra.deploy.repairs import NO_REPAIRS, Repairs, plan_rollbacks
from cdinfra.deploy.result import Result
from cdinfra.deploy.saved_plan import Place, SavedPlan
from cdinfra.deploy.sealing import build_saved_plan
from cdinfra.deploy.sources import Sources
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.deploy.summary import StackSummary, summarize
from cdinfra.errors import CloudError
from cdinfra.events import Event, Notice, OnEvent, ResourceChanged
from cdinfra.model import Deployable


def _ignore(_: Event) -> None:
    """Tell nobody."""


class Deployer:
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
        places = {each.name: each.place for each in app.build()}
        stacks = {each.stack_name: each.place for each in app.build()}
        self._aws = route(aws, stacks, app.places)
        self._app = app
        self._foundations = {name: places[name] for name in app.foundations}
        self._account: Account | None = None
        self._on_event = on_event
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
        self._sources = Sources(())

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

    def preview(self, planned: Plan) -> Plan:
        """Add to a plan what happens to each resource, property by property.

        Raises:
            CloudError: CloudFormation refuses a template or a parameter.
        """
        return preview(
            planned,
            self._observed,
            stacks=self._aws.stacks,
            poller=self._poller,
            change_sets=self._change_sets,
        )

    def execute(self, planned: Plan, approval: Approval = ANYTHING) -> Result:
        """Carry a plan out. A stack that fails is in the result, not an error.

        Args:
            planned: What is done.
            approval: What may come up on the way that the plan does not show for sure.

        Raises:
            CloudError: The cloud went away; what is under way there goes on.
        """
        means = Means(
            stacks=self._aws.stacks,
            change_sets=self._change_sets,
            operations=self._operations,
            hooks=self._hooks,
            clock=self._clock,
            on_event=self._tell,
        )
        executor = Executor(means, self._observed)
        stacks = tuple(map(self._sources.named, executor.run(planned, approval)))
        return Result(app=planned.app, env=planned.env, stacks=stacks, hosts=self._hosts_at_end())

    def saved(self, planned: Plan, place: Place, only: Iterable[str] = ()) -> SavedPlan:
        """Return a plan that was just made as it is saved.

        Args:
            planned: What will be done.
            place: Where.
            only: Names of the stacks that it was narrowed to.
        """
        return build_saved_plan(planned, self._observed, place=place, only=tuple(only))

    def status(self) -> tuple[StackSummary, ...]:
        """Return every stack of the app, those that are no longer wanted last."""
        observed = self._observe(documents=False)
        wanted = {each.name: each.stack_name for each in self._app.build()}
        names = (*wanted, *(name for name in observed.stacks if name not in wanted))
        return tuple(summarize(name, wanted, observed) for name in names)

    def outputs(self, only: Iterable[str] = ()) -> Mapping[str, Mapping[str, str]]:
        """Return the outputs of the deployed stacks, by the stack's name within the app.

        Raises:
            InvalidInputError: A name in ``only`` is no stack of the app.
        """
        return {each.stack: each.outputs for each in self._chosen(only) if each.status}

    def events(self, only: Iterable[str] = (), *, limit: int = 200) -> tuple[ResourceChanged, ...]:
        """Return the latest events of the deployed stacks, oldest first.

        Args:
            only: Names of the stacks; none means all.
            limit: Most events to return.

        Raises:
            InvalidInputError: A name in ``only`` is no stack of the app.
        """
        return describe_latest_events(self._aws.stacks, self._chosen(only), limit)

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

    def explain(
        self, only: Iterable[str] = (), *, operation: str = "", stack_id: str = ""
    ) -> tuple[Explanation, ...]:
        """Return, for each stack whose operation failed, why and what to do next.

        Args:
            only: Names of the stacks; none means all. One that is named and not there is
                looked for among the deleted ones.
            operation: Which one, by its number or token; the last one by default.
            stack_id: ARN of the stack instead, which may be deleted.

        Raises:
            InvalidInputError: There is no such stack or operation.
            CloudError: The cloud cannot be asked.
        """
        histories = self._histories()
        subjects = self._subjects(histories, tuple(only), stack_id)
        if operation:
            return histories.explain_operation(subjects, operation)
        return histories.explain_last(subjects)

    def operations(self, only: Iterable[str] = (), *, stack_id: str = "") -> tuple[History, ...]:
        """Return what was done with each stack, the last operation first.

        Args:
            only: As for :meth:`explain`; of those that are named the deleted namesakes are
                named, too.
            stack_id: As for :meth:`explain`.

        Raises:
            InvalidInputError: There is no such stack.
            CloudError: The cloud cannot be asked.
        """
        histories, names = self._histories(), tuple(only)
        subjects = self._subjects(histories, names, stack_id)
        return histories.list_operations(subjects, deleted=bool(names))

    def _histories(self) -> Histories:
        return Histories(self._aws.stacks, Sources(self._app.build()).by_stack)

    def _subjects(
        self, histories: Histories, only: tuple[str, ...], stack_id: str
    ) -> tuple[Subject, ...]:
        if stack_id:
            prefix = f"{self._app.name}-{self._app.env}-"
            return (histories.subject_by_id(stack_id, prefix),)
        return histories.subjects(self._chosen(only), deleted=bool(only))

    def hosts(self) -> tuple[Host, ...]:
        """Return the app's hosts."""
        return self._aws.hosts.describe_hosts(self._app.name, self._app.env)

    def account(self) -> Account:
        """Return the caller's account and the app's own region."""
        self._account = self._account or self._aws.accounts.describe_account()
        return self._account

    def locations(self) -> Mapping[str, Account]:
        """Return where each stack is, by name; none where all are in the app's own place."""
        return describe_locations(self._app, self.account)

    def _observe(self, *, documents: bool = True) -> Observed:
        refuse_other_account(self._app, self.account)
        templates = self._app.build()
        self._sources = Sources(templates)
        return observe(
            self._aws,
            app=self._app.name,
            env=self._app.env,
            templates=templates,
            documents=documents,
            locations=self.locations(),
        )

    def _tell(self, event: Event) -> None:
        self._sources.told(self._on_event)(event)

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

    def _chosen(self, only: Iterable[str]) -> tuple[StackSummary, ...]:
        names, stacks = tuple(only), self.status()
        refuse_unknown(names, {each.stack for each in stacks})
        return tuple(each for each in stacks if not names or each.stack in names)

    def _hosts_at_end(self) -> tuple[Host, ...]:
        try:
            return self.hosts()
        except CloudError as error:
            # The stacks are done; a list that cannot be read does not make that a failure.
            self._on_event(Notice(message=error.message))
            return ()
