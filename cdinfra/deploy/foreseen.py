"""What the outputs of a stack will be after an update, as far as it can be told before; pure.

An output that is made of ids of resources that stay (the subnets that are left of a
network) is known before the update. So the stacks behind are previewed with the true
value, and can let go of a resource before the update removes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cdinfra.aws.stacks import StackResource
from cdinfra.deploy.outputs_at_risk import is_other, outputs_at_risk, references
from cdinfra.deploy.plan import Replacement, ResourceChange, StackAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """The outputs of a stack after an update; of the others nothing can be told.

    Attributes:
        known: Those whose values are known.
        surely_other: Those that change surely, to values that are not known yet.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    surely_other: frozenset[str] = frozenset()


def foresee(
    action: StackAction,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    outputs: Mapping[str, str],
    resources: Iterable[StackResource],
) -> Foreseen:
    """Return what the outputs of a stack will be after an update.

    Args:
        action: The update, with all that changes.
        before: The deployed template.
        after: The template that will be deployed.
        outputs: The outputs now.
        resources: The resources now.
    """
    at_risk = outputs_at_risk(before, after, resources=action.resources, values=action.values)
    changes = {each.logical_id: each for each in action.resources}
    ids = {each.logical_id: each.physical_id for each in resources if each.physical_id}
    kept = {name: each for name, each in ids.items() if not _is_another(name, changes)}
    old, new = before.get("Outputs", {}), after.get("Outputs", {})
    known = {key: outputs[key] for key in new if key in outputs and key not in at_risk}
    surely_other = set()
    for key in at_risk:
        definitions = old.get(key, {}), new[key]
        value = _value(*definitions, ids=ids, kept=kept, now=outputs.get(key))
        if value is not None:
            known[key] = value
        elif _is_surely_other(*definitions, changes=changes):
            surely_other.add(key)
    return Foreseen(known=known, surely_other=frozenset(surely_other))


def _is_another(name: str, changes: Mapping[str, ResourceChange]) -> bool:
    return name in changes and is_other(changes[name])


def _value(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    ids: Mapping[str, str],
    kept: Mapping[str, str],
    now: str | None,
) -> str | None:
    before, after = old.get("Value"), new.get("Value")
    # What Ref gives is the physical id for most types, not for all: the value that the
    # output has now proves it, for the resources that it is made of.
    proven = now is not None and _text(before, ids) == now
    if not proven or "Condition" in new or not set(references(after)) <= set(references(before)):
        return None
    return _text(after, kept)


def _text(value: object, ids: Mapping[str, str]) -> str | None:
    match value:
        case str(text):
            return text
        case {"Ref": str(name)}:
            return ids.get(name)
        case {"Fn::Join": [str(separator), [*parts]]}:
            texts = [_text(each, ids) for each in parts]
            known = [each for each in texts if each is not None]
            return separator.join(known) if len(known) == len(texts) else None
        case _:
            return None


def _is_surely_other(
    old: Mapping[str, Any], new: Mapping[str, Any], *, changes: Mapping[str, ResourceChange]
) -> bool:
    replaced = {name for name, each in changes.items() if each.replacement is Replacement.ALWAYS}
    named = {name for name, is_attribute in references(new.get("Value")) if not is_attribute}
    return old.get("Value") != new.get("Value") or not replaced.isdisjoint(named)
