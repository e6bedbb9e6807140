"""Shows what a plan would do to each resource, by asking CloudFormation where it can tell.

For an update a change set is made: it shows properties before and after, and which
resources are replaced. A creation is read from its template; a deletion from the
resources that the stack has. Where a stack waits for outputs of one that does not
exist yet, no change set can be made, and the two templates are compared.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, assert_never

from cdinfra.aws.cloud import StackApi
from cdinfra.aws.template_changes import template_changes
from cdinfra.deploy.change_sets import ChangeSets
from cdinfra.deploy.data_loss import DATA_TYPES, mark_data_loss
from cdinfra.deploy.observe import Observed
from cdinfra.deploy.outputs_at_risk import outputs_at_risk
from cdinfra.deploy.plan import ChangeAction, Plan, ResourceChange, StackAction, Verb
from cdinfra.deploy.planner import current_values, waits_for
from cdinfra.deploy.poller import Poller, Task


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
    previews = _Previews(observed, stacks=stacks, change_sets=change_sets)
    tasks = {action.stack: previews.show(action) for action in plan.actions}
    shown = poller.run(tasks)
    return replace(plan, actions=_settle(tuple(shown.values()), observed))


class _Previews:
    def __init__(self, observed: Observed, *, stacks: StackApi, change_sets: ChangeSets) -> None:
        self._observed = observed
        self._stacks = stacks
        self._change_sets = change_sets

    def show(self, action: StackAction) -> Task[StackAction]:
        """Return the action with its resources."""
        match action.verb:
            case Verb.UNCHANGED:
                return action
            case Verb.CREATE:
                return replace(action, resources=template_changes({}, json.loads(action.body)))
            case Verb.DELETE:
                return replace(action, resources=self._deletion(action))
            case Verb.UPDATE:
                return (yield from self._update(action))
            case _:
                assert_never(action.verb)

    def _deletion(self, action: StackAction) -> tuple[ResourceChange, ...]:
        resources = [
            ResourceChange(
                logical_id=each.logical_id,
                resource_type=each.resource_type,
                action=ChangeAction.REMOVE,
                physical_id=each.physical_id,
            )
            for each in self._stacks.list_resources(action.stack_id)
            if each.status != "DELETE_COMPLETE"
        ]
        if not any(each.resource_type in DATA_TYPES for each in resources):
            return tuple(resources)
        document = _deployed(self._observed, action.stack)
        document = document or self._stacks.get_template(action.stack_id) or {}
        return tuple(mark_data_loss(each, document, {}) for each in resources)

    def _update(self, action: StackAction) -> Task[StackAction]:
        before, after = _deployed(self._observed, action.stack), json.loads(action.body)
        fed = current_values(action.pending, self._observed)
        if fed.keys() != action.pending.keys():
            changes = template_changes(before, after)
            return _with_resources(action, changes, before, after)
        parameters = {**action.parameters, **fed}
        outputs = {name: self._observed.outputs(name) for name in self._observed.stacks}
        change_set = yield from self._change_sets.make(action, parameters, outputs)
        if change_set.is_empty:
            reason = waits_for(action.pending)
            return replace(action, verb=Verb.UNCHANGED, reason=reason, values=())
        return replace(
            _with_resources(action, change_set.changes, before, after),
            change_set_arn=change_set.arn,
            change_set_parameters=parameters,
        )


def _with_resources(
    action: StackAction,
    changes: tuple[ResourceChange, ...],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> StackAction:
    return replace(action, resources=tuple(mark_data_loss(each, before, after) for each in changes))


def _deployed(observed: Observed, stack: str) -> Mapping[str, Any]:
    existing = observed.stacks.get(stack)
    return (existing.document if existing else None) or {}


def _settle(actions: tuple[StackAction, ...], observed: Observed) -> tuple[StackAction, ...]:
    """Give stacks the values of outputs that turned out not to change."""
    at_risk: dict[str, frozenset[str] | None] = {}
    settled = []
    for action in actions:
        known = {
            name: reference
            for name, reference in action.pending.items()
            if not _may_change(reference, at_risk)
        }
        settled.append(_fed(action, current_values(known, observed)))
        at_risk[action.stack] = _at_risk(settled[-1], observed)
    return tuple(settled)


def _may_change(reference: str, at_risk: Mapping[str, frozenset[str] | None]) -> bool:
    stack, output = reference.split(".", 1)
    keys = at_risk[stack]
    return keys is None or output in keys


def _at_risk(action: StackAction, observed: Observed) -> frozenset[str] | None:
    """Return the outputs that may change; None for all of them."""
    before = _deployed(observed, action.stack)
    if action.verb is Verb.UNCHANGED and not action.pending:
        return frozenset()
    if action.verb is not Verb.UPDATE or action.pending or not before:
        return None
    after = json.loads(action.body)
    return outputs_at_risk(before, after, resources=action.resources, values=action.values)


def _fed(action: StackAction, values: Mapping[str, str]) -> StackAction:
    if not values:
        return action
    pending = {name: each for name, each in action.pending.items() if name not in values}
    reason = waits_for(pending) if action.verb is Verb.UNCHANGED else action.reason
    return replace(
        action, parameters={**action.parameters, **values}, pending=pending, reason=reason
    )
