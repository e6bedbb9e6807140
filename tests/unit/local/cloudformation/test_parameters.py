import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.parameters import (
    USE_PREVIOUS,
    ParameterError,
    ParameterValue,
    UsePrevious,
    resolve_parameters,
)
from cdinfra.local.cloudformation.template import Template, parse_template

SSM = {"/ami": "ami-123", "/zones": "eu-central-1a, eu-central-1b"}


def template_of(parameters: Mapping[str, Any], **sections: object) -> Template:
    return parse_template(
        json.dumps(
            {
                "Parameters": parameters,
                "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
                **sections,
            }
        )
    )


def resolved(
    definition: Mapping[str, Any],
    *given_values: str | UsePrevious,
    previous: Mapping[str, ParameterValue] | None = None,
) -> ParameterValue:
    template = template_of({"P": definition})
    given_names = {"P": given_values[0]} if given_values else {}
    return resolve_parameters(template, given_names, previous or {}, SSM.get)["P"]


def refusal(definition: Mapping[str, Any], *given_values: str | UsePrevious) -> str:
    with pytest.raises(ParameterError) as caught:
        resolved(definition, *given_values)
    return caught.value.message


def test_a_given_value_wins_over_the_default() -> None:
    definition = {"Type": "String", "Default": "a"}
    assert resolved(definition).in_template == "a"
    assert resolved(definition, "b").in_template == "b"


def test_the_previous_value_is_kept_where_asked_for() -> None:
    previous = {"P": ParameterValue(name="P", value="old")}
    assert (
        resolved({"Type": "String", "Default": "a"}, USE_PREVIOUS, previous=previous).value == "old"
    )


def test_a_previous_value_that_there_is_not_is_missing() -> None:
    assert refusal({"Type": "String"}, USE_PREVIOUS) == "Parameters: [P] must have values"


def test_every_missing_parameter_is_named() -> None:
    template = template_of({"A": {"Type": "String"}, "B": {"Type": "Number"}})
    with pytest.raises(ParameterError) as caught:
        resolve_parameters(template, {}, {}, SSM.get)
    assert caught.value.message == "Parameters: [A, B] must have values"


def test_a_value_for_an_unknown_parameter_is_refused() -> None:
    template = template_of({"A": {"Type": "String", "Default": ""}})
    with pytest.raises(ParameterError) as caught:
        resolve_parameters(template, {"X": "1", "Y": "2"}, {}, SSM.get)
    assert caught.value.message == "Parameters: [X, Y] do not exist in the template"


def test_values_for_a_template_without_parameters_are_refused() -> None:
    with pytest.raises(ParameterError) as caught:
        resolve_parameters(template_of({}), {"X": "1"}, {}, SSM.get)
    assert caught.value.message == (
        "Parameter values specified for a template which does not require them."
    )


def test_an_ssm_parameter_is_read_and_its_name_is_kept() -> None:
    value = resolved({"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"}, "/ami")
    assert (value.value, value.resolved, value.in_template) == ("/ami", "ami-123", "ami-123")


def test_an_ssm_parameter_can_be_a_list() -> None:
    value = resolved({"Type": "AWS::SSM::Parameter::Value<List<String>>"}, "/zones")
    assert value.in_template == ["eu-central-1a", "eu-central-1b"]


def test_the_name_of_an_ssm_parameter_stays_a_name() -> None:
    assert resolved({"Type": "AWS::SSM::Parameter::Name"}, "/ami").in_template == "/ami"


@pytest.mark.parametrize("inner", ["Value<String>", "Name"])
def test_an_ssm_parameter_that_does_not_exist_is_named(inner: str) -> None:
    assert refusal({"Type": f"AWS::SSM::Parameter::{inner}"}, "/none") == (
        "Unable to fetch parameters [/none] from parameter store for this account."
    )


@pytest.mark.parametrize(
    ("parameter_type", "value", "expected"),
    [
        ("CommaDelimitedList", "a, b,c", ["a", "b", "c"]),
        ("CommaDelimitedList", "", [""]),
        ("List<Number>", "80,443", ["80", "443"]),
        ("List<AWS::EC2::Subnet::Id>", "subnet-1,subnet-2", ["subnet-1", "subnet-2"]),
        ("Number", "80", "80"),
    ],
)
def test_list_types_are_lists_in_the_template(
    parameter_type: str, value: str, expected: object
) -> None:
    assert resolved({"Type": parameter_type}, value).in_template == expected


@pytest.mark.parametrize(
    ("definition", "value", "message"),
    [
        ({"Type": "Number"}, "many", "Parameter 'P' must be a number."),
        ({"Type": "List<Number>"}, "1,x", "Parameter 'P' must be a number."),
        (
            {"Type": "Number", "MinValue": 1},
            "0",
            "Parameter 'P' must be a number not less than 1",
        ),
        (
            {"Type": "Number", "MaxValue": 65535},
            "65536",
            "Parameter 'P' must be a number not greater than 65535",
        ),
        (
            {"Type": "String", "AllowedValues": ["a", "b"]},
            "c",
            "Parameter 'P' must be one of AllowedValues",
        ),
        (
            {"Type": "String", "AllowedPattern": "[a-z]+"},
            "ab1",
            "Parameter 'P' must match pattern [a-z]+",
        ),
        (
            {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "only letters"},
            "1",
            "Parameter P failed to satisfy constraint: only letters",
        ),
        (
            {"Type": "String", "MinLength": 2},
            "a",
            "Parameter 'P' must contain at least 2 characters",
        ),
        (
            {"Type": "String", "MaxLength": 2},
            "abc",
            "Parameter 'P' must contain at most 2 characters",
        ),
        (
            {"Type": "AWS::EC2::VPC::Id"},
            "subnet-1",
            (
                "Parameter validation failed: parameter value subnet-1 for parameter name P does "
                "not "
                "exist"
            ),
        ),
        (
            {"Type": "List<AWS::EC2::SecurityGroup::Id>"},
            "sg-1,vpc-1",
            (
                "Parameter validation failed: parameter value vpc-1 for parameter name P does not "
                "exist"
            ),
        ),
        (
            {"Type": "String"},
            "ä" * 2049,
            "Parameter 'P' value exceeds the maximum of 4096 bytes.",
        ),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(
    definition: Mapping[str, Any], value: str, message: str
) -> None:
    assert refusal(definition, value) == message


def test_a_pattern_that_cannot_be_read_is_said_to_be_one() -> None:
    assert "cannot read" in refusal({"Type": "String", "AllowedPattern": "[a"}, "a")


def test_a_value_of_the_largest_size_is_taken() -> None:
    assert resolved({"Type": "String"}, "x" * 4096).value == "x" * 4096


def test_a_secret_parameter_says_so() -> None:
    assert resolved({"Type": "String", "NoEcho": "true"}, "s").no_echo


RULES = {
    "ProdIsLarge": {
        "RuleCondition": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "Assertions": [
            {
                "Assert": {"Fn::Contains": [["m5.large", "m5.xlarge"], {"Ref": "Size"}]},
                "AssertDescription": "production runs on large hosts",
            }
        ],
    }
}
SIZED = {"Env": {"Type": "String"}, "Size": {"Type": "String"}}


def test_a_rule_is_only_asked_where_its_condition_holds() -> None:
    template = template_of(SIZED, Rules=RULES)
    for values in ({"Env": "dev", "Size": "t3.micro"}, {"Env": "prod", "Size": "m5.large"}):
        assert resolve_parameters(template, values, {}, SSM.get).keys() == {"Env", "Size"}


def test_an_assertion_that_does_not_hold_gives_its_description() -> None:
    template = template_of(SIZED, Rules=RULES)
    with pytest.raises(ParameterError) as caught:
        resolve_parameters(template, {"Env": "prod", "Size": "t3.micro"}, {}, SSM.get)
    assert caught.value.message == (
        "Template error: Rule ProdIsLarge failed to satisfy assertion: "
        "production runs on large hosts"
    )


@pytest.mark.parametrize(
    ("assertion", "value", "holds"),
    [
        ({"Fn::EachMemberIn": [{"Ref": "P"}, ["a", "b"]]}, "a,b", True),
        ({"Fn::EachMemberIn": [{"Ref": "P"}, ["a", "b"]]}, "a,c", False),
        ({"Fn::EachMemberEquals": [{"Ref": "P"}, "a"]}, "a,a", True),
        ({"Fn::EachMemberEquals": [{"Ref": "P"}, "a"]}, "a,b", False),
        ({"Fn::Not": [{"Fn::Contains": [{"Ref": "P"}, "x"]}]}, "a", True),
    ],
)
def test_the_functions_of_rules_look_into_lists(
    assertion: Mapping[str, Any], value: str, *, holds: bool
) -> None:
    template = template_of(
        {"P": {"Type": "CommaDelimitedList"}}, Rules={"R": {"Assertions": [{"Assert": assertion}]}}
    )
    if holds:
        assert resolve_parameters(template, {"P": value}, {}, SSM.get)
    else:
        with pytest.raises(ParameterError, match="Rule R failed"):
            resolve_parameters(template, {"P": value}, {}, SSM.get)


@pytest.mark.parametrize(
    ("assertion", "message"),
    [
        ({"Fn::Contains": [["a"]]}, "Rule R: Fn::Contains requires two parameters"),
        ({"Fn::Contains": [["a"], {"Ref": "Q"}]}, "Rule R: Q is no parameter of the template"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_says_why(
    assertion: Mapping[str, Any], message: str
) -> None:
    template = template_of(
        {"P": {"Type": "String", "Default": "x"}},
        Rules={"R": {"Assertions": [{"Assert": assertion}]}},
    )
    with pytest.raises(ParameterError) as caught:
        resolve_parameters(template, {}, {}, SSM.get)
    assert caught.value.message == message


def test_a_rule_that_asks_the_account_is_refused_by_name() -> None:
    rules = {
        "R": {
            "Assertions": [{"Assert": {"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, "x"]}}]
        }
    }
    template = template_of({"P": {"Type": "String", "Default": "x"}}, Rules=rules)
    with pytest.raises(ParameterError, match="does not carry the function Fn::RefAll"):
        resolve_parameters(template, {}, {}, SSM.get)


@given(st.text(max_size=500))
def test_a_string_parameter_gives_back_what_it_got(value: str) -> None:
    assert resolved({"Type": "String"}, value).in_template == value


@given(st.lists(st.text(alphabet="abc-19", min_size=1), min_size=1, max_size=10))
def test_a_list_survives_its_commas(items: list[str]) -> None:
    assert resolved({"Type": "CommaDelimitedList"}, ",".join(items)).in_template == items


@given(st.text(max_size=20))
def test_a_number_is_one_or_is_refused(value: str) -> None:
    try:
        float(value)
    except ValueError:
        assert refusal({"Type": "Number"}, value) == "Parameter 'P' must be a number."
    else:
        assert resolved({"Type": "Number"}, value).value == value
