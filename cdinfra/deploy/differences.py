"""In what a stack as it is differs from the stack as it should be; pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cdinfra.deploy.inputs import HIDDEN, Inputs, effective_parameters, is_hidden
from cdinfra.deploy.observe import ObservedStack
from cdinfra.deploy.plan import ValueChange
from cdinfra.model import StackTemplate


def same_template(template: StackTemplate, observed: ObservedStack) -> bool:
    """Whether the deployed template says the same, however it is written."""
    return observed.document is not None and observed.document == json.loads(template.body)


def value_changes(
    template: StackTemplate, observed: ObservedStack, inputs: Inputs, outputs: Mapping[str, str]
) -> tuple[ValueChange, ...]:
    """Return what changes on the stack itself: parameters, tags and outputs.

    Args:
        template: The stack as it should be.
        observed: The stack as it is.
        inputs: Its parameters.
        outputs: Current values of the pending parameters, where there are any.
    """
    return (
        *_parameter_changes(template, observed, inputs, outputs),
        *_changes("Tags", observed.description.tags, template.tags),
        *_output_changes(template, observed),
    )


def _parameter_changes(
    template: StackTemplate, observed: ObservedStack, inputs: Inputs, outputs: Mapping[str, str]
) -> Iterator[ValueChange]:
    before = observed.description.parameters
    after = effective_parameters(template, inputs)
    after |= {name: before[name] for name in inputs.retained}
    for name, reference in inputs.pending.items():
        # An output that changes only perhaps is shown once it is known to change.
        after[name] = outputs.get(name, f"(output {reference})")
    for change in _changes("Parameters", before, after):
        name = change.name.removeprefix("Parameters.")
        if is_hidden(template.document, name):
            yield ValueChange(name=change.name, before=HIDDEN, after=HIDDEN)
        else:
            yield change


def _changes(
    kind: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[ValueChange]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield ValueChange(name=f"{kind}.{name}", before=before.get(name), after=after.get(name))


def _output_changes(template: StackTemplate, observed: ObservedStack) -> Iterator[ValueChange]:
    document = observed.document or {}
    before = _expressions(document.get("Outputs", {}))
    yield from _changes("Outputs", before, _expressions(template.document.get("Outputs", {})))


def _expressions(outputs: Mapping[str, Any]) -> dict[str, str]:
    return {key: _text(definition.get("Value")) for key, definition in outputs.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
