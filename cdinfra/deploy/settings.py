"""Settings of a stack: what they come to, and in what the deployed ones differ; pure.

Most travel with a change set. Termination protection and the stack policy have calls of
their own, so that a change of these alone needs no change set. Another role alone is no
change to CloudFormation; it is taken with the stack's next one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cdinfra.aws.operation_settings import OperationSettings
from cdinfra.deploy.observe import ObservedStack
from cdinfra.deploy.plan import StackAction, ValueChange
from cdinfra.model import OutputReference, StackSettings
from cdinfra.model.output_reference import SettingValue
from cdinfra.model.stack_policy import policy_text

AllOutputs = Mapping[str, Mapping[str, str]]
"""Outputs of the app's stacks, by the stack's name within the app."""

ROLE = "Settings.RoleARN"
PROTECTION = "Settings.TerminationProtection"
POLICY = "Settings.StackPolicy"
DIRECT = frozenset({PROTECTION, POLICY})
"""Settings that are changed without a change set."""


def operation_settings(settings: StackSettings, outputs: AllOutputs) -> OperationSettings:
    """Return what CloudFormation is told; an output that is not known stands by its name."""

    def text(value: SettingValue) -> str:
        if isinstance(value, str):
            return value
        return outputs.get(value.stack, {}).get(value.output, f"(output {value})")

    return OperationSettings(
        role_arn=text(settings.role_arn or ""),
        notification_arns=tuple(map(text, settings.notification_arns or ())),
        rollback_alarms=tuple(map(text, settings.rollback_alarms or ())),
        monitoring_minutes=settings.monitoring_minutes or 0,
    )


def unknown_outputs(settings: StackSettings, outputs: AllOutputs) -> tuple[OutputReference, ...]:
    """Return the outputs that settings are made of and that nobody knows yet."""
    return tuple(
        each for each in settings.references if each.output not in outputs.get(each.stack, {})
    )


def with_settings(
    action: StackAction, settings: StackSettings, outputs: AllOutputs, *, unsettled: Iterable[str]
) -> StackAction:
    """Return the creation of a stack with its settings.

    Args:
        action: The creation.
        settings: The settings.
        outputs: The outputs of the app's stacks.
        unsettled: Stacks whose outputs this plan may still change.
    """
    waiting = frozenset(unsettled)
    known = {name: each for name, each in outputs.items() if name not in waiting}
    policy = policy_text(settings.stack_policy) if settings.stack_policy else None
    after = {**_texts(settings, known), POLICY: policy or ""}
    before = {**dict.fromkeys(after, ""), PROTECTION: _word(enabled=False)}
    return replace(
        action,
        # No part of an action: plans are kept and shown, and an address may be a secret.
        settings=replace(settings, deploy_notifications=None),
        pending_settings=tuple(str(each) for each in settings.references if each.stack in waiting),
        sets_protection=settings.termination_protection or None,
        sets_policy=policy,
        values=tuple(_differences(before, after)),
    )


def with_changed_settings(
    action: StackAction, deployed: ObservedStack, changes: Iterable[ValueChange]
) -> StackAction:
    """Return an action on a deployed stack that sets only what differs.

    Args:
        action: The action, with its settings.
        deployed: The stack as it is.
        changes: What differs in its settings.
    """
    names = {each.name for each in changes}
    return replace(
        action,
        deployed_settings=deployed.description.settings,
        sets_protection=bool(action.settings.termination_protection)
        if PROTECTION in names
        else None,
        sets_policy=action.sets_policy if POLICY in names else None,
    )


def setting_changes(
    settings: StackSettings, deployed: ObservedStack, outputs: AllOutputs
) -> tuple[ValueChange, ...]:
    """Return in what the settings of a deployed stack differ.

    A role and a policy that are not wanted any more are no difference: CloudFormation can
    take neither away.
    Source: CloudFormation user guide, "CloudFormation service role" and "Prevent updates to
    stack resources".

    Args:
        settings: The settings as they should be.
        deployed: The stack as it is.
        outputs: The outputs of the app's stacks.
    """
    description = deployed.description
    before = _deployed_texts(description.settings, protected=description.protected)
    changes = _differences(before, _texts(settings, outputs))
    return (*changes, *_policy_change(settings, deployed))


def _texts(settings: StackSettings, outputs: AllOutputs) -> dict[str, str]:
    wanted = operation_settings(settings, outputs)
    return _deployed_texts(wanted, protected=bool(settings.termination_protection))


def _deployed_texts(settings: OperationSettings, *, protected: bool) -> dict[str, str]:
    return {
        ROLE: settings.role_arn,
        "Settings.NotificationARNs": "\n".join(settings.notification_arns),
        "Settings.RollbackAlarms": "\n".join(settings.rollback_alarms),
        "Settings.MonitoringMinutes": str(settings.monitoring_minutes or ""),
        PROTECTION: _word(enabled=protected),
    }


def _word(*, enabled: bool) -> str:
    return "on" if enabled else "off"


def later(changes: Iterable[ValueChange]) -> str:
    """Say which settings CloudFormation takes only with another change; empty for none."""
    names = [
        each.name
        for each in changes
        if each.name.startswith("Settings.") and each.name not in DIRECT
    ]
    return f"gets {' and '.join(names)} with its next change, not by itself" if names else ""


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[ValueChange]:
    for name, old in before.items():
        new = after[name]
        if old != new and not (name == ROLE and not new):
            yield ValueChange(name=name, before=old or None, after=new or None)


def _policy_change(settings: StackSettings, deployed: ObservedStack) -> Iterator[ValueChange]:
    if settings.stack_policy:
        wanted = policy_text(settings.stack_policy)
        if json.loads(deployed.policy or "null") != json.loads(wanted):
            yield ValueChange(name=POLICY, before=deployed.policy or None, after=wanted)
