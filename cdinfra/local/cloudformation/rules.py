"""The ``Rules`` section: assertions about a template's parameters."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from cdinfra.local.cloudformation.functions import PURE_FUNCTIONS, IntrinsicError
from cdinfra.local.cloudformation.parameter_checks import ParameterError
from cdinfra.local.cloudformation.references import function_of
from cdinfra.local.cloudformation.template import Template, text_of

Values = Mapping[str, str | list[str]]


def check_rules(template: Template, values: Values) -> None:
    """Check a template's rules against the values of its parameters.

    Raises:
        ParameterError: An assertion does not hold, or a rule asks what the local cloud does
            not carry.
    """
    for name, rule in template.rules.items():
        try:
            failed = _failed_assertions(rule, values)
        except IntrinsicError as error:
            raise ParameterError(f"Rule {name}: {error.message}") from error
        if failed:
            raise ParameterError(
                f"Template error: Rule {name} failed to satisfy assertion: {'; '.join(failed)}"
            )


def _failed_assertions(rule: Mapping[str, Any], values: Values) -> tuple[str, ...]:
    if "RuleCondition" in rule and not _evaluate(rule["RuleCondition"], values):
        return ()
    return tuple(
        text_of(item.get("AssertDescription", "the assertion does not hold"))
        for item in rule["Assertions"]
        if not _evaluate(item["Assert"], values)
    )


def _evaluate(value: Any, values: Values) -> Any:  # noqa: ANN401 - any value of a rule
    match function_of(value):
        case None:
            if isinstance(value, list):
                return [_evaluate(item, values) for item in value]
            return value
        case "Ref", str(name):
            if name not in values:
                raise IntrinsicError(f"{name} is no parameter of the template")
            return values[name]
        case str(name), argument:
            function = _RULE_FUNCTIONS.get(name) or PURE_FUNCTIONS.get(name)
            if function is None:
                raise IntrinsicError(f"the local cloud does not carry the function {name}")
            return function(_evaluate(argument, values))


def _contains(argument: Any) -> bool:  # noqa: ANN401 - checked here
    return _in(*_two("Fn::Contains", argument))


def _each_member_equals(argument: Any) -> bool:  # noqa: ANN401 - checked here
    members, value = _two("Fn::EachMemberEquals", argument)
    return all(text_of(member) == text_of(value) for member in _list(members))


def _each_member_in(argument: Any) -> bool:  # noqa: ANN401 - checked here
    members, allowed = _two("Fn::EachMemberIn", argument)
    return all(_in(allowed, member) for member in _list(members))


_RULE_FUNCTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_member_equals,
    "Fn::EachMemberIn": _each_member_in,
}


def _two(name: str, argument: object) -> tuple[Any, Any]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise IntrinsicError(f"{name} requires two parameters")
    return argument[0], argument[1]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _in(members: object, value: object) -> bool:
    return text_of(value) in [text_of(member) for member in _list(members)]
