"""Everything that a command only reads of an app: stacks, histories, hosts, account, orphans."""

from collections.abc import Iterable, Mapping

from cdinfra.aws.account import Account
from cdinfra.aws.cloud import Aws
from cdinfra.aws.hosts import Host
from cdinfra.aws.routed import route
from cdinfra.deploy.explanation import Explanation
from cdinfra.deploy.failure import Subject
from cdinfra.deploy.histories import Histories
from cdinfra.deploy.latest_events import describe_latest_events
from cdinfra.deploy.locations import describe_locations, refuse_other_account
from cdinfra.deploy.observe import Observed, observe
from cdinfra.deploy.orphans import Orphan, describe_orphans
from cdinfra.deploy.past_operations import History
from cdinfra.deploy.refusals import refuse_unknown
from cdinfra.deploy.sources import Sources
from cdinfra.deploy.summary import StackSummary, summarize
from cdinfra.errors import CloudError
from cdinfra.events import Event, Notice, OnEvent, ResourceChanged
from cdinfra.model import Deployable


class Reader:
    """Reads what there is of an app; changes nothing.

    Args:
        aws: The cloud.
        app: The app.
        on_event: Told of everything that happens.
    """

    def __init__(self, aws: Aws, app: Deployable, *, on_event: OnEvent) -> None:
        self._app = app
        self._aws = route(aws, {each.stack_name: each.place for each in app.build()}, app.places)
        self._on_event = on_event
        self._sources = Sources(())

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
        return Histories(self._aws, Sources(self._app.build()).by_stack)

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
        return self._aws.accounts.describe_account()

    def locations(self) -> Mapping[str, Account]:
        """Return where each stack is, by name; none where all are in the app's own place."""
        return describe_locations(self._app, self.account)

    def orphans(self, *, options: tuple[str, ...] = ()) -> tuple[Orphan, ...]:
        """Return what carries the app's tags and belongs to no stack.

        Args:
            options: Words that the command to import one gets, such as ``--env staging``.

        Raises:
            CloudError: The cloud cannot be asked.
        """
        observed = self._observe(documents=False)
        return describe_orphans(
            self._aws, observed, self._app.build(), options=options, on_event=self._on_event
        )

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

    def _chosen(self, only: Iterable[str]) -> tuple[StackSummary, ...]:
        names, stacks = tuple(only), self.status()
        refuse_unknown(names, {each.stack for each in stacks})
        return tuple(each for each in stacks if not names or each.stack in names)

    def _tell(self, event: Event) -> None:
        self._sources.told(self._on_event)(event)

    def _hosts_at_end(self) -> tuple[Host, ...]:
        try:
            return self.hosts()
        except CloudError as error:
            # The stacks are done; a list that cannot be read does not make that a failure.
            self._on_event(Notice(message=error.message))
            return ()
