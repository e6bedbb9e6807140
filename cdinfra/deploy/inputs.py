"""Where the value of each parameter of a stack comes from, worked out; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from cdinfra.aws.stacks import StackDescription
from cdinfra.deploy.observe import SSM_TYPE_PREFIX, Observed
from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import (
    Literal,
    OutputReference,
    OutsideSource,
    ParameterSource,
    Retained,
    StackTemplate,
)

HIDDEN = "****"
"""How a ``NoEcho`` value is shown. Source: CloudFormation user guide, "Parameters", NoEcho."""


LONGEST_VALUE = 4_096
"""Longest value of a parameter, in bytes.

Source: CloudFormation user guide, "Understand CloudFormation quotas", Parameter values.
"""

_LONGEST_HINT = f"at most {LONGEST_VALUE:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The parameters of one stack.

    Attributes:
        parameters: Values that are known.
        retained: Parameters that keep the value which the stack has.
        pending: Parameters fed from outputs that may still change: ``stack.Output``.
    """

    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    retained: tuple[str, ...] = ()
    pending: Mapping[str, str] = field(default_factory=dict)


def build_inputs(
    template: StackTemplate,
    *,
    deployed: StackDescription | None,
    observed: Observed,
    unsettled: Iterable[str],
) -> Inputs:
    """Work out the parameters of a stack.

    Args:
        template: The stack.
        deployed: The stack that will be updated; None where it will be created.
        observed: What exists.
        unsettled: Stacks whose outputs this plan may still change.

    Raises:
        InvalidInputError: A stack that this one needs does not exist, or has no such output.
    """
    waiting = frozenset(unsettled)
    references = {
        name: source
        for name, source in template.parameters.items()
        if isinstance(source, OutputReference)
    }
    settled = {name: each for name, each in references.items() if each.stack not in waiting}
    set_from = (each for each in template.settings.references if each.stack not in waiting)
    _refuse_missing(template, (*settled.values(), *set_from), observed)
    retained = _retained(template, deployed)
    return Inputs(
        parameters={
            **_own_values(template, retained),
            **{name: observed.outputs(each.stack)[each.output] for name, each in settled.items()},
        },
        retained=retained,
        pending={
            name: f"{each.stack}.{each.output}"
            for name, each in references.items()
            if each.stack in waiting
        },
    )


def _refuse_missing(
    template: StackTemplate, references: Iterable[OutputReference], observed: Observed
) -> None:
    problems = [
        _missing_output(template, each, observed)
        for each in references
        if each.output not in observed.outputs(each.stack)
    ]
    if problems:
        # Of one stack several outputs may be needed.
        raise InvalidInputError(dict.fromkeys(problems))


def _retained(template: StackTemplate, deployed: StackDescription | None) -> tuple[str, ...]:
    kept = deployed.parameters if deployed is not None else {}
    return tuple(
        name
        for name, source in template.parameters.items()
        if isinstance(source, Retained) and name in kept and (kept[name] or not source.initial)
    )


def _own_values(template: StackTemplate, retained: tuple[str, ...]) -> dict[str, str]:
    values = {}
    for name, source in template.parameters.items():
        match source:
            case Literal():
                values[name] = source.value
            case Retained():
                if name not in retained:
                    values[name] = source.initial
            case OutputReference():
                pass
            case _ if isinstance(source, OutsideSource):
                # with_outside_values comes first, so this is a fault of ours.
                raise TypeError(f"{name} of {template.name} was not read")
            case _:
                assert_never(source)
    return values


def _missing_output(
    template: StackTemplate, reference: OutputReference, observed: Observed
) -> Problem:
    path = f"stacks/{template.name}"
    if reference.stack not in observed.stacks:
        return Problem(
            path=path,
            message=f"needs the stack {reference.stack!r}, which does not exist yet",
            hint=f"name it too: {reference.stack} {template.name}",
        )
    return Problem(
        path=path,
        message=f"needs the output {reference.output!r}, "
        f"which the deployed stack {reference.stack!r} does not have",
        hint=f"name it too, so that it is updated first: {reference.stack} {template.name}",
    )


def check_parameters(templates: Iterable[StackTemplate]) -> None:
    """Check that templates and the sources of their parameters fit together.

    Raises:
        InvalidInputError: A source feeds no parameter, a parameter has no value, or an
            output that is referred to does not exist; says so for all of them.
    """
    known = {template.name: template for template in templates}
    problems = [problem for each in known.values() for problem in _problems(each, known)]
    if problems:
        raise InvalidInputError(problems)


def _problems(template: StackTemplate, known: Mapping[str, StackTemplate]) -> list[Problem]:
    path = f"stacks/{template.name}/parameters"
    declared: Mapping[str, Any] = template.document.get("Parameters", {})
    problems = [
        Problem(path=f"{path}/{name}", message="is no such parameter", hint=nearest(name, declared))
        for name in template.parameters
        if name not in declared
    ]
    problems += [
        Problem(path=f"{path}/{name}", message="has no value and no default")
        for name, definition in declared.items()
        if name not in template.parameters and "Default" not in definition
    ]
    problems += [
        Problem(path=f"{path}/{name}", message=f"its value has {size:,} bytes", hint=_LONGEST_HINT)
        for name, source in template.parameters.items()
        if (size := _size(source)) > LONGEST_VALUE
    ]
    references = [(f"{path}/{name}", source) for name, source in template.parameters.items()]
    settings = f"stacks/{template.name}/settings"
    references += [(settings, each) for each in template.settings.references]
    for where, source in references:
        if isinstance(source, OutputReference) and source.stack in known:
            outputs = known[source.stack].document.get("Outputs", {})
            if source.output not in outputs:
                message = f"the stack {source.stack!r} has no output {source.output!r}"
                hint = nearest(source.output, outputs)
                problems.append(Problem(path=where, message=message, hint=hint))
    return problems


def _size(source: ParameterSource) -> int:
    match source:
        case Literal(value=value) | Retained(initial=value):
            return len(value.encode())
        case _:
            return 0


def effective_parameters(template: StackTemplate, inputs: Inputs) -> dict[str, str]:
    """Return the values that CloudFormation would use: the known ones, else the defaults."""
    declared: Mapping[str, Any] = template.document.get("Parameters", {})
    unknown = {*inputs.retained, *inputs.pending}
    defaults = {
        name: _as_text(definition["Default"])
        for name, definition in declared.items()
        if "Default" in definition and name not in unknown
    }
    return {**defaults, **inputs.parameters}


def _as_text(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(map(str, default)) if isinstance(default, list) else str(default)


def is_hidden(document: Mapping[str, Any], parameter: str) -> bool:
    """Whether a template says that the value of a parameter is not to be shown."""
    definition = document.get("Parameters", {}).get(parameter, {})
    return str(definition.get("NoEcho", "")).lower() == "true"


def moved_images(template: StackTemplate, deployed: StackDescription, observed: Observed) -> str:
    """Say which SSM parameter holds another value than when the stack was last changed.

    CloudFormation looks such values up at every update, so that the next one brings
    the new value, for example a new machine image, though the template is the same.
    """
    for name, definition in template.document.get("Parameters", {}).items():
        path = deployed.parameters.get(name, "")
        current = observed.ssm_values.get(template.name, {}).get(path)
        before = deployed.resolved.get(name)
        if definition["Type"].startswith(SSM_TYPE_PREFIX) and current and before != current:
            return f"{path} is now {current}"
    return ""
