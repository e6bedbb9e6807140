"""Reads what parameters take from outside of the app, before a plan is made.

A plan is made of values: so it shows them, says in one error which are missing, and does
what it showed although somebody changes a file meanwhile.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from cdinfra.aws.cloud import Aws
from cdinfra.aws.stacks import StackDescription
from cdinfra.deploy.file_value import load_file_value
from cdinfra.deploy.processes import Machine
from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import (
    FromEnvironment,
    FromFile,
    FromSsm,
    Literal,
    OutsideSource,
    ParameterSource,
    Place,
    StackOutput,
    StackTemplate,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    stack: str
    parameter: str
    place: Place
    source: OutsideSource

    @property
    def path(self) -> str:
        return f"stacks/{self.stack}/parameters/{self.parameter}"


def with_outside_values(
    templates: tuple[StackTemplate, ...],
    *,
    only: Collection[str],
    aws: Aws,
    machine: Machine,
) -> tuple[StackTemplate, ...]:
    """Return the templates with the values that their outside sources have now.

    Args:
        templates: The templates.
        only: Names of the stacks whose values are needed; none means all.
        aws: The cloud.
        machine: Where environment and files are.

    Raises:
        InvalidInputError: Values are missing; says so for all of them.
        CloudError: The cloud cannot be asked.
    """
    chosen = [each for each in templates if not only or each.name in only]
    wanted = [each for template in chosen for each in _wanted(template)]
    reader = _Reader(aws, machine, wanted)
    values: dict[str, dict[str, ParameterSource]] = defaultdict(dict)
    problems: list[Problem] = []
    for each in wanted:
        try:
            values[each.stack][each.parameter] = Literal(value=reader.read(each))
        except InvalidInputError as error:
            problems += error.problems
    if problems:
        raise InvalidInputError(problems)
    return tuple(
        replace(each, parameters={**each.parameters, **values[each.name]})
        if each.name in values
        else each
        for each in templates
    )


def _wanted(template: StackTemplate) -> Iterator[_Wanted]:
    for name, source in template.parameters.items():
        if isinstance(source, OutsideSource):
            yield _Wanted(stack=template.name, parameter=name, place=template.place, source=source)


class _Reader:
    """Reads values; what AWS is asked for is asked once, however many stacks want it."""

    def __init__(self, aws: Aws, machine: Machine, wanted: list[_Wanted]) -> None:
        self._aws = aws
        self._machine = machine
        self._wanted = wanted
        self._ssm: dict[Place, tuple[Mapping[str, str], frozenset[str]]] = {}
        self._stacks: dict[tuple[Place, str], StackDescription | None] = {}

    def read(self, wanted: _Wanted) -> str:
        match wanted.source:
            case FromEnvironment():
                return self._variable(wanted.path, wanted.source)
            case FromFile():
                return load_file_value(wanted.path, wanted.source, self._machine.folder)
            case FromSsm():
                return self._ssm_parameter(wanted, wanted.source.name)
            case StackOutput():
                return self._output(wanted, wanted.source)
            case _:
                assert_never(wanted.source)

    def _variable(self, path: str, source: FromEnvironment) -> str:
        environ = self._machine.environ
        value = environ.get(source.name, source.default)
        if value is None:
            message = f"the environment variable {source.name} is not set"
            raise _missing(path, message, "set it, or give it a default")
        if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
            message = f"the environment variable {source.name} is no text in UTF-8"
            raise _missing(path, message, "set it to a text")
        return value

    def _ssm_parameter(self, wanted: _Wanted, name: str) -> str:
        if wanted.place not in self._ssm:
            self._ssm[wanted.place] = self._describe_ssm(wanted.place)
        values, secret = self._ssm[wanted.place]
        if name in secret:
            hint = "hand it on as secure_ssm_reference() or let the host fetch it"
            raise _missing(wanted.path, f"the SSM parameter {name} is a SecureString", hint)
        if name not in values:
            raise _missing(wanted.path, f"there is no SSM parameter {name}{_where(wanted.place)}")
        return values[name]

    def _describe_ssm(self, place: Place) -> tuple[Mapping[str, str], frozenset[str]]:
        names = {
            each.source.name
            for each in self._wanted
            if isinstance(each.source, FromSsm) and each.place == place
        }
        ssm = self._aws.at(place).ssm_parameters
        values = ssm.get_parameters(sorted(names))
        left = sorted(names - values.keys())
        return values, ssm.secret_names(left) if left else frozenset()

    def _output(self, wanted: _Wanted, source: StackOutput) -> str:
        place = replace(wanted.place, region=source.region or wanted.place.region)
        stack = self._describe_stack(place, source.stack_name)
        if stack is None:
            raise _missing(wanted.path, f"there is no stack {source.stack_name}{_where(place)}")
        if source.key not in stack.outputs:
            message = f"the stack {source.stack_name} has no output {source.key}"
            raise _missing(wanted.path, message, nearest(source.key, stack.outputs))
        return stack.outputs[source.key]

    def _describe_stack(self, place: Place, name: str) -> StackDescription | None:
        if (place, name) not in self._stacks:
            self._stacks[place, name] = self._aws.at(place).stacks.describe_stack(name)
        return self._stacks[place, name]


def _where(place: Place) -> str:
    words = (place.account_id and f"account {place.account_id}", place.region)
    known = " ".join(filter(None, words))
    return f" in {known}" if known else ""


def _missing(path: str, message: str, hint: str = "") -> InvalidInputError:
    return InvalidInputError(Problem(path=path, message=message, hint=hint))
