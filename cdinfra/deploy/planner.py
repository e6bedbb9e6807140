"""Compares what is wanted with what exists and says what to do; pure.

A stack is left alone only when its template, parameters, tags and settings are equal;
then no change set is made for it. Whatever else CloudFormation might find different is
found by the change set that :mod:`cdinfra.deploy.preview` makes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import assert_never

from cdinfra.deploy.deletions import plan_removals
from cdinfra.deploy.differences import same_template, value_changes
from cdinfra.deploy.inputs import Inputs, build_inputs, check_parameters, moved_images
from cdinfra.deploy.observe import Observed, ObservedStack
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.deploy.refusals import is_ours, refuse_foreign, refuse_unknown, refuse_unusable
from cdinfra.deploy.settings import (
    DIRECT,
    ROLE,
    later,
    setting_changes,
    with_changed_settings,
    with_settings,
)
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.deploy.user_data_spelling import with_deployed_user_data
from cdinfra.model import StackTemplate


def plan(
    desired: tuple[StackTemplate, ...], observed: Observed, *, only: Iterable[str] = ()
) -> Plan:
    """Plan what ``up`` does.

    Args:
        desired: What is wanted, in an order in which it can be created.
        observed: What exists.
        only: Names of the stacks to work on; none means all, and deletes those that are
            no longer wanted.

    Raises:
        InvalidInputError: A name in ``only`` is not known, a stack needs one that is
            neither there nor in the plan, or somebody else's stack has a name of ours.
        StackFailedError: A stack is in a status in which it cannot be worked on.
    """
    check_parameters(desired)
    chosen = frozenset(only) or {*observed.stacks, *(each.name for each in desired)}
    refuse_unknown(sorted(chosen), {*observed.stacks, *(each.name for each in desired)})
    refuse_foreign(observed, [each for name, each in observed.stacks.items() if name in chosen])
    actions: dict[str, StackAction] = {}
    for template in desired:
        if template.name in chosen:
            actions[template.name] = _action(template, observed, actions)
    wanted = {template.name for template in desired}
    removed = [each for name, each in observed.stacks.items() if name in chosen - wanted]
    refuse_unusable(
        (observed.stacks[name] for name in actions if name in observed.stacks), removed=removed
    )
    removals = plan_removals(removed, after=_at_work(actions))
    return Plan(app=observed.app, env=observed.env, actions=(*actions.values(), *removals))


def _at_work(actions: Mapping[str, StackAction]) -> tuple[str, ...]:
    return tuple(name for name, action in actions.items() if _is_unsettled(action))


def _is_unsettled(action: StackAction) -> bool:
    """Whether the outputs of a stack may be others when the plan is done."""
    return action.verb is not Verb.UNCHANGED or bool(action.pending)


def _action(
    template: StackTemplate, observed: Observed, planned: Mapping[str, StackAction]
) -> StackAction:
    existing = observed.stacks.get(template.name)
    move = RULES[existing.description.status].up if existing else Move.CREATE
    deployed = existing if move in {Move.UPDATE, Move.RETRY, Move.WAIT} else None
    if deployed:
        template = _spelt_as_deployed(template, deployed)
    inputs = build_inputs(
        template,
        deployed=deployed.description if deployed else None,
        observed=observed,
        unsettled=_at_work(planned),
    )
    action = with_settings(
        replace(
            _creation(template, inputs),
            status=existing.description.status if existing else "",
            stack_id=existing.description.stack_id if existing else "",
            after=tuple(name for name in template.dependencies if name in planned),
            location=observed.locations.get(template.name),
        ),
        template.settings,
        observed.all_outputs(),
        unsettled=_at_work(planned),
    )
    match move:
        case Move.CREATE | Move.NOTHING | Move.DELETE | Move.REFUSE:
            return action
        case Move.RECREATE:
            reason = RULES[existing.description.status].why if existing else ""
            return replace(action, deletes_first=True, reason=reason)
        case Move.UPDATE | Move.RETRY | Move.WAIT:
            if deployed is None:
                return action
            return _compared(action, template, deployed, observed, inputs)
        case _:
            assert_never(move)


def _creation(template: StackTemplate, inputs: Inputs) -> StackAction:
    return StackAction(
        stack=template.name,
        stack_name=template.stack_name,
        verb=Verb.CREATE,
        body=template.body,
        parameters=inputs.parameters,
        retained=inputs.retained,
        pending=inputs.pending,
        tags=template.tags,
        place=template.place,
    )


def _spelt_as_deployed(template: StackTemplate, deployed: ObservedStack) -> StackTemplate:
    """Return the template with the deployed user data where both say the same to a host."""
    document = with_deployed_user_data(template.document, deployed.document or {})
    return replace(template, document=document)


def _compared(
    action: StackAction,
    template: StackTemplate,
    deployed: ObservedStack,
    observed: Observed,
    inputs: Inputs,
) -> StackAction:
    values = value_changes(template, deployed, inputs, current_values(inputs.pending, observed))
    settings = setting_changes(template.settings, deployed, observed.all_outputs())
    action = with_changed_settings(action, deployed, settings)
    reason = _reason(template, deployed, observed)
    carried = [each for each in settings if each.name not in {ROLE, *DIRECT}]
    if reason or values or carried or not same_template(template, deployed):
        return replace(action, verb=Verb.UPDATE, reason=reason, values=(*values, *settings))
    reason = "; ".join(filter(None, (waits_for(action), later(settings))))
    if direct := tuple(each for each in settings if each.name in DIRECT):
        return replace(
            action, verb=Verb.UPDATE, reason=reason, values=direct, needs_change_set=False
        )
    return replace(action, verb=Verb.UNCHANGED, reason=reason, values=())


def _reason(template: StackTemplate, deployed: ObservedStack, observed: Observed) -> str:
    status = deployed.description.status
    match RULES[status].up:
        case Move.RETRY:
            return RULES[status].why
        case Move.WAIT:
            return f"an operation is under way: {status}"
        case _ if not is_ours(deployed.description):
            return "was not made by cdinfra, and is taken over"
        case _:
            return moved_images(template, deployed.description, observed)


def current_values(pending: Mapping[str, str], observed: Observed) -> dict[str, str]:
    """Return what pending parameters would get if the outputs stayed as they are."""
    references = {name: reference.split(".", 1) for name, reference in pending.items()}
    return {
        name: observed.outputs(stack)[output]
        for name, (stack, output) in references.items()
        if output in observed.outputs(stack)
    }


def waits_for(action: StackAction) -> str:
    """Say on which stacks pending parameters and settings depend; an empty text for none."""
    references = (*action.pending.values(), *action.pending_settings)
    stacks = dict.fromkeys(reference.split(".", 1)[0] for reference in references)
    return f"changes if the outputs of {' and '.join(stacks)} change" if stacks else ""
