"""Shows what a plan would do to each resource, by asking CloudFormation where it can tell.

For an update or an import a change set is made: it shows properties before and after, and which
resources are replaced. A creation is read from its template; a deletion from the
resources that the stack has. A stack that is fed by another is previewed after it, with
the outputs that can be foreseen; where an output is surely another, and nobody knows yet
which, the resources that use it are told to be touched. Where a stack waits for outputs of
one that does not exist yet, no change set can be made, and the two templates are compared.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, assert_never

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.template_changes import template_changes
from cdinfra.deploy.change_sets import ChangeSets
from cdinfra.deploy.data_loss import HOLDING_TYPES, mark_data_loss
from cdinfra.deploy.foreseen import Foreseen, foresee
from cdinfra.deploy.observe import Observed
from cdinfra.deploy.plan import ChangeAction, Plan, ResourceChange, StackAction, Verb
from cdinfra.deploy.planner import current_values, waits_for
from cdinfra.deploy.poller import Poller, Step, Task
from cdinfra.deploy.rolling_update import mark_rolling_update
from cdinfra.deploy.settings import DIRECT, later, operation_settings, unknown_outputs
from cdinfra.deploy.settling import moved_by, settle, surely_other, upstreams
from cdinfra.deploy.shrinking import shrink_last
from cdinfra.deploy.touched import with_touched
from cdinfra.deploy.user_data_changes import with_user_data


def preview(
    plan: Plan, observed: Observed, *, stacks: StackApi, poller: Poller, change_sets: ChangeSets
) -> Plan:
    """Return the plan with what happens to each resource.

    Args:
        plan: What will be done.
        observed: What exists.
        stacks: CloudFormation.
        poller: Drives the waiting for change sets.
        change_sets: Makes them, and deletes them if the plan is not executed.

    Raises:
        CloudError: CloudFormation refuses a template or a parameter.
    """
    needed = frozenset().union(*(upstreams(action.pending) for action in plan.actions))
    previews = _Previews(observed, needed, stacks=stacks, poller=poller, change_sets=change_sets)
    tasks = {action.stack: previews.show(action) for action in plan.actions}
    shown = tuple(poller.run(tasks).values())
    return replace(plan, actions=shrink_last(shown, previews.movers))


class _Previews:
    def __init__(
        self,
        observed: Observed,
        needed: frozenset[str],
        *,
        stacks: StackApi,
        poller: Poller,
        change_sets: ChangeSets,
    ) -> None:
        self._observed = observed
        self._needed = needed
        self._stacks = stacks
        self._poller = poller
        self._change_sets = change_sets
        self._foreseen: dict[str, Foreseen] = {}
        self.movers: dict[str, frozenset[str]] = {}

    def show(self, action: StackAction) -> Task[StackAction]:
        """Return the action with its resources, once the stacks before it are foreseen."""
        while not upstreams(action.pending) <= self._foreseen.keys():
            yield Step.IDLE
        settled = settle(action, self._foreseen, self._observed)
        for upstream in moved_by(action, settled, self._observed):
            self.movers[upstream] = self.movers.get(upstream, frozenset()) | {action.stack}
        shown = yield from self._with_resources(settled, was=action.verb)
        if shown.verb is Verb.UPDATE:
            shown = self._with_touched(shown)
            shown = with_user_data(shown, self._observed.stacks.get(action.stack))
        self._foreseen[action.stack] = yield from self._foresee(shown)
        return shown

    def _with_resources(self, action: StackAction, *, was: Verb) -> Task[StackAction]:
        match action.verb:
            case Verb.UNCHANGED:
                return action
            case Verb.CREATE | Verb.UPDATE | Verb.IMPORT if not action.changes_template:
                return action
            case Verb.CREATE:
                made = template_changes({}, json.loads(action.body))
                # What is left of a creation that failed may hold data all the same.
                left = (yield from self._deletion(action)) if action.deletes_first else ()
                lost = tuple(each for each in left if each.loses_data)
                return replace(action, resources=(*lost, *made))
            case Verb.DELETE:
                return replace(action, resources=(yield from self._deletion(action)))
            case Verb.UPDATE:
                # Only values change that nobody knows yet, or what needs no change set.
                unknown = was is Verb.UNCHANGED and action.pending
                asks = action.needs_change_set and not unknown
                return (yield from self._update(action)) if asks else action
            case Verb.IMPORT:
                return (yield from self._import(action))
            case _:
                assert_never(action.verb)

    def _with_touched(self, action: StackAction) -> StackAction:
        """Add the resources that get values which are surely others, and not known yet."""
        names = surely_other(action.pending, self._foreseen).keys()
        if not names:
            return action
        document = json.loads(action.body)
        resources = with_touched(action.resources, document, names)
        return _marked(action, resources, self._observed.document(action.stack), document)

    def _foresee(self, action: StackAction) -> Task[Foreseen]:
        before = self._observed.document(action.stack)
        outputs = self._observed.outputs(action.stack)
        if action.verb is Verb.UNCHANGED and not action.pending:
            return Foreseen(known=outputs)
        if action.verb is Verb.CREATE:
            return Foreseen(surely_other=frozenset(json.loads(action.body).get("Outputs", {})))
        tells = action.verb is Verb.UPDATE and not action.pending and before
        if not tells or action.stack not in self._needed:
            return Foreseen()
        resources = yield from self._poller.patiently(
            lambda: self._stacks.list_resources(action.stack_id)
        )
        after = json.loads(action.body)
        return foresee(action, before, after, outputs=outputs, resources=resources)

    def _deletion(self, action: StackAction) -> Task[tuple[ResourceChange, ...]]:
        existing = yield from self._poller.patiently(
            lambda: self._stacks.list_resources(action.stack_id)
        )
        resources = [
            ResourceChange(
                logical_id=each.logical_id,
                resource_type=each.resource_type,
                action=ChangeAction.REMOVE,
                physical_id=each.physical_id,
            )
            for each in existing
            if each.is_owned and each.logical_id not in action.leaves
        ]
        if not any(each.resource_type in HOLDING_TYPES for each in resources):
            return tuple(resources)
        document = self._observed.document(action.stack)
        document = document or self._stacks.get_template(action.stack_id) or {}
        return tuple(mark_data_loss(each, document, {}) for each in resources)

    def _update(self, action: StackAction) -> Task[StackAction]:
        before, after = self._observed.document(action.stack), json.loads(action.body)
        fed = current_values(action.pending, self._observed)
        outputs = self._observed.all_outputs()
        if fed.keys() != action.pending.keys() or unknown_outputs(action.settings, outputs):
            changes = template_changes(before, after)
            return _marked(action, changes, before, after)
        parameters = {**action.parameters, **fed}
        change_set = yield from self._change_sets.make(action, parameters, outputs)
        if change_set.is_empty and surely_other(action.pending, self._foreseen):
            return action
        if change_set.is_empty:
            return _without_change_set(action)
        return replace(
            _marked(action, change_set.changes, before, after),
            change_set_arn=change_set.arn,
            change_set_parameters=parameters,
            change_set_settings=operation_settings(action.settings, outputs),
        )

    def _import(self, action: StackAction) -> Task[StackAction]:
        parameters = action.parameters
        outputs = {name: self._observed.outputs(name) for name in self._observed.stacks}
        change_set = yield from self._change_sets.make(action, parameters, outputs)
        return replace(
            action,
            stack_id=change_set.stack_id,
            resources=change_set.changes,
            change_set_arn=change_set.arn,
            change_set_parameters=parameters,
        )


def _without_change_set(action: StackAction) -> StackAction:
    """Return an update for which CloudFormation has found nothing to change."""
    direct = tuple(each for each in action.values if each.name in DIRECT)
    verb = Verb.UPDATE if direct else Verb.UNCHANGED
    reason = "; ".join(filter(None, (waits_for(action), later(action.values))))
    return replace(action, verb=verb, reason=reason, values=direct, needs_change_set=not direct)


def _marked(
    action: StackAction,
    changes: tuple[ResourceChange, ...],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> StackAction:
    marked = (mark_data_loss(each, before, after) for each in changes)
    return replace(action, resources=tuple(mark_rolling_update(each, after) for each in marked))
