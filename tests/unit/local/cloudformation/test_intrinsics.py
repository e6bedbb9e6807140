import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.functions import UNKNOWN, IntrinsicError, contains_unknown
from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.parameters import ParameterValue
from cdinfra.local.cloudformation.scope import Scope
from cdinfra.local.cloudformation.template import parse_template
from cdinfra.local.cloudformation.template_checks import FUNCTIONS
from cdinfra.local.resources.contract import Resource

TOPIC = Resource(physical_id="arn:topic", attributes={"TopicName": "news", "Lines": ["a", "b"]})


DYNAMIC = {("ssm", "/port:2"): "80", ("secretsmanager", "db:SecretString:password"): "s3cret"}


def read_dynamic(service: str, key: str) -> str:
    if (service, key) not in DYNAMIC:
        raise IntrinsicError(f"{service} has no {key}")
    return DYNAMIC[service, key]


def scope_with(**parameters: ParameterValue) -> Scope:
    return Scope(
        stack_name="shop-dev-web",
        stack_id="arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev-web/1",
        region="eu-central-1",
        account="123456789012",
        zones=("eu-central-1a", "eu-central-1b"),
        notification_arns=("arn:sns",),
        parameters=parameters,
        exports={"net-vpc": "vpc-1"},
    )


def resolver_of(
    template: Mapping[str, Any], resources: Mapping[str, Resource], **parameters: ParameterValue
) -> Resolver:
    return Resolver(
        parse_template(json.dumps(template)),
        scope_with(**parameters),
        resource=resources.get,
        dynamic=read_dynamic,
    )


PARAMETERS = {
    "Env": ParameterValue(name="Env", value="prod"),
    "Nets": ParameterValue(name="Nets", value="a,b", parameter_type="CommaDelimitedList"),
    "Pass": ParameterValue(name="Pass", value="hush", no_echo=True),
}


TEMPLATE: Mapping[str, Any] = {
    "Transform": "AWS::LanguageExtensions",
    "Parameters": {
        "Env": {"Type": "String"},
        "Nets": {"Type": "CommaDelimitedList"},
        "Pass": {"Type": "String", "NoEcho": True},
    },
    "Mappings": {"Sizes": {"prod": {"type": "m5.large", "zones": ["a", "b"]}}},
    "Conditions": {
        "Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "Dev": {"Fn::Not": [{"Condition": "Prod"}]},
        "Secret": {"Fn::Equals": [{"Ref": "Pass"}, "hush"]},
        "Both": {"Fn::And": [{"Condition": "Prod"}, {"Condition": "Dev"}]},
        "Either": {"Fn::Or": [{"Condition": "Prod"}, {"Condition": "Dev"}]},
    },
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Later": {"Type": "AWS::SNS::Topic", "DependsOn": "Topic"},
        "OnlyDev": {"Type": "AWS::SNS::Topic", "Condition": "Dev"},
    },
}


def resolve(value: object) -> Any:
    return resolver_of(TEMPLATE, {"Topic": TOPIC}, **PARAMETERS).resolve(value)


def refusal(value: object) -> str:
    with pytest.raises(IntrinsicError) as caught:
        resolve(value)
    return caught.value.message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Env"}, "prod"),
        ({"Ref": "Nets"}, ["a", "b"]),
        ({"Ref": "Topic"}, "arn:topic"),
        ({"Ref": "AWS::StackName"}, "shop-dev-web"),
        ({"Ref": "AWS::Region"}, "eu-central-1"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::NotificationARNs"}, ["arn:sns"]),
        ({"Fn::GetAtt": ["Topic", "TopicName"]}, "news"),
        ({"Fn::GetAtt": "Topic.TopicName"}, "news"),
        ({"Fn::Sub": "${Env}-${Topic.TopicName}-${!Env}-$x"}, "prod-news-${Env}-$x"),
        ({"Fn::Sub": ["${A} ${Env}", {"A": {"Fn::Join": ["+", ["1", 2]]}}]}, "1+2 prod"),
        ({"Fn::Sub": ["${Env}", {"Env": "own"}]}, "own"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Env"}, 3, True]]}, "a-prod-3-true"),
        ({"Fn::Join": [",", {"Ref": "Nets"}]}, "a,b"),
        ({"Fn::Select": ["1", {"Ref": "Nets"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "eu-central-1a"),
        ({"Fn::Split": ["|", "a|b|"]}, ["a", "b", ""]),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Env"}, "type"]}, "m5.large"),
        ({"Fn::FindInMap": ["Sizes", "prod", "zones"]}, ["a", "b"]),
        ({"Fn::FindInMap": ["Sizes", "qa", "type", {"DefaultValue": {"Ref": "Env"}}]}, "prod"),
        ({"Fn::If": ["Prod", "yes", {"Fn::GetAtt": ["Topic", "Nothing"]}]}, "yes"),
        ({"Fn::If": ["Dev", "yes", "no"]}, "no"),
        ({"Fn::Base64": "ä"}, "w6Q="),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Cidr": ["2001:db8::/56", "2", "64"]}, ["2001:db8::/64", "2001:db8:0:1::/64"]),
        ({"Fn::ImportValue": "net-vpc"}, "vpc-1"),
        ({"Fn::Length": {"Ref": "Nets"}}, 2),
        ({"Fn::ToJsonString": {"a": [1, {"Ref": "Env"}]}}, '{"a":[1,"prod"]}'),
        ({"Condition": "Prod"}, True),
        ({"Fn::Equals": [{"a": [1]}, {"a": ["1"]}]}, True),
        ({"Fn::Equals": [["a", "b"], ["b", "a"]]}, False),
        ("{{resolve:ssm:/port:2}}", "80"),
        ({"Fn::Sub": "x{{resolve:secretsmanager:db:SecretString:password}}"}, "xs3cret"),
        ({"Ref": "AWS::NoValue"}, None),
        ([1, {"Ref": "AWS::NoValue"}, 2], [1, 2]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": {"Fn::If": ["Dev", 1, {"Ref": "AWS::NoValue"}]}}, {}),
    ],
)
def test_a_function_gives_what_the_service_gives(value: object, expected: object) -> None:
    assert resolve(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"Fn::GetAtt": ["Topic", "Arn"]},
            "Template error: resource Topic does not support attribute type Arn in Fn::GetAtt",
        ),
        (
            {"Ref": "OnlyDev"},
            (
                "Template format error: Unresolved resource dependencies [OnlyDev] in the "
                "Resources "
                "block of the template"
            ),
        ),
        (
            {"Fn::Select": [2, {"Ref": "Nets"}]},
            "Template error: Fn::Select cannot select nonexistent value at index 2",
        ),
        (
            {"Fn::Select": [-1, ["a"]]},
            (
                "Template error: Fn::Select requires a list argument with two elements: an integer "
                "index and a list"
            ),
        ),
        (
            {"Fn::Join": [",", "ab"]},
            (
                "Template error: every Fn::Join object requires two parameters, (1) a string "
                "delimiter and (2) a list of strings to be joined or a function that returns a "
                "list "
                "of strings (such as Fn::GetAZs) to be joined."
            ),
        ),
        (
            {"Fn::Split": ["", "ab"]},
            (
                "Template error: every Fn::Split object requires two parameters, (1) a string "
                "delimiter and (2) a string to be split or a function that returns a string to be "
                "split."
            ),
        ),
        (
            {"Fn::Equals": ["a"]},
            "Template error: every Fn::Equals object requires a list of 2 string parameters.",
        ),
        (
            {"Fn::FindInMap": ["Sizes", "qa", "type"]},
            "Template error: Unable to get mapping for Sizes::qa::type",
        ),
        (
            {"Fn::FindInMap": ["None", "qa", "type"]},
            (
                "Template error: Mapping named 'None' is not present in the 'Mappings' section of "
                "template."
            ),
        ),
        ({"Fn::ImportValue": "other"}, "No export named other found."),
        ({"Fn::Foo": 1}, "The local cloud does not carry the function Fn::Foo"),
        ({"Fn::If": ["Missing", 1, 2]}, "Template error: unresolved condition dependency Missing"),
        (
            {"Fn::Cidr": ["10.0.0.0/24", 3, 7]},
            "Template error: Fn::Cidr cannot cut 3 blocks of 7 bits from 10.0.0.0/24",
        ),
        (
            {"Fn::Sub": "${Nets}"},
            "Template error: Fn::Sub expression Nets does not resolve to a string",
        ),
        ("{{resolve:ssm:/none}}", "ssm has no /none"),
        (
            "{{resolve:ssm-secure:/x}}",
            "SSM Secure reference is not supported outside of a resource's properties",
        ),
        (
            "{{resolve:vault:/x}}",
            (
                "Template error: dynamic reference to vault is not supported; one of "
                "secretsmanager, "
                "ssm, ssm-secure"
            ),
        ),
    ],
)
def test_what_cannot_be_resolved_says_why_in_the_services_words(
    value: object, message: str
) -> None:
    assert refusal(value) == message


@pytest.mark.parametrize(
    "value",
    [
        {"Fn::Cidr": ["10.0.0.0/16", 0, 8]},
        {"Fn::Cidr": ["10.0.0.0/16", 257, 8]},
        {"Fn::Cidr": ["10.0.0.0/16", 1, 0]},
        {"Fn::Cidr": ["10.0.0.1/16", 1, 8]},
        {"Fn::Cidr": ["everywhere", 1, 8]},
        {"Fn::Cidr": ["10.0.0.0/16", 1, [8]]},
        {"Fn::Cidr": ["10.0.0.0/16", 1, 40]},
        {"Fn::Base64": ["a"]},
        {"Fn::Not": ["yes"]},
        {"Fn::And": [True]},
        {"Fn::Or": [True] * 11},
        {"Fn::GetAZs": "us-east-1"},
        {"Fn::If": ["Prod", 1]},
        {"Fn::GetAtt": ["Topic"]},
        {"Fn::FindInMap": ["Sizes"]},
        {"Fn::Length": "abc"},
        {"Fn::ToJsonString": "abc"},
    ],
)
def test_a_wrong_argument_is_an_error_and_no_traceback(value: object) -> None:
    assert refusal(value)


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Later"},
        {"Fn::GetAtt": ["Later", "TopicName"]},
        {"Fn::Sub": "a-${Later}"},
        {"Fn::Sub": "a-${Later.TopicName}"},
        {"Fn::Join": ["-", ["a", {"Ref": "Later"}]]},
        {"Fn::Join": ["-", {"Fn::GetAtt": ["Later", "Lines"]}]},
        {"Fn::Split": ["-", {"Ref": "Later"}]},
        {"Fn::Select": [1, {"Fn::Split": ["-", {"Ref": "Later"}]}]},
        {"Fn::Base64": {"Ref": "Later"}},
        {"Fn::Cidr": [{"Ref": "Later"}, 1, 8]},
        {"Fn::ImportValue": {"Ref": "Later"}},
        {"Fn::ToJsonString": {"a": {"Ref": "Later"}}},
        {"Fn::Length": {"Ref": "Later"}},
    ],
)
def test_what_refers_to_a_resource_to_come_is_unknown(value: object) -> None:
    assert resolve(value) is UNKNOWN


def test_the_known_part_of_a_list_stays_known() -> None:
    assert resolve({"Fn::Select": [0, ["a", {"Ref": "Later"}]]}) == "a"
    assert contains_unknown(resolve({"x": ["a", {"Ref": "Later"}]}))
    assert not contains_unknown(resolve({"x": ["a", {"Ref": "Topic"}]}))


def test_the_unknown_is_shown_as_a_change_set_shows_it() -> None:
    assert json.dumps({"a": UNKNOWN}) == '{"a": "{{changeSet:KNOWN_AFTER_APPLY}}"}'


def test_conditions_are_evaluated_over_each_other() -> None:
    resolver = resolver_of(TEMPLATE, {}, **PARAMETERS)
    assert resolver.conditions == {
        "Prod": True,
        "Dev": False,
        "Secret": True,
        "Both": False,
        "Either": True,
    }
    assert resolver.active == ("Topic", "Later")
    assert not resolver.is_active("OnlyDev")


def test_a_condition_that_is_none_says_so() -> None:
    resolver = resolver_of(
        {**TEMPLATE, "Conditions": {**TEMPLATE["Conditions"], "C": {"Ref": "Env"}}},
        {},
        **PARAMETERS,
    )
    with pytest.raises(IntrinsicError, match="condition C is neither true nor false"):
        resolver.condition("C")


def test_outputs_whose_condition_does_not_hold_are_left_out() -> None:
    resolver = resolver_of(
        {
            **TEMPLATE,
            "Outputs": {
                "A": {"Value": 80, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-a"}}},
                "B": {"Value": {"Ref": "OnlyDev"}, "Condition": "Dev"},
                "C": {"Value": {"Fn::ImportValue": "net-vpc"}, "Description": "the VPC"},
            },
        },
        {},
        **PARAMETERS,
    )
    port, vpc = resolver.outputs()
    assert (port.key, port.value, port.export_name) == ("A", "80", "shop-dev-web-a")
    assert (vpc.value, vpc.description, vpc.export_name) == ("vpc-1", "the VPC", None)
    assert resolver.imports() == {"net-vpc"}


@pytest.mark.parametrize("value", [["a"], {"a": "b"}, {"Ref": "AWS::NoValue"}])
def test_an_output_must_be_a_text(value: object) -> None:
    resolver = resolver_of({**TEMPLATE, "Outputs": {"O": {"Value": value}}}, {}, **PARAMETERS)
    with pytest.raises(IntrinsicError) as caught:
        resolver.outputs()
    assert caught.value.message == (
        "Template format error: Output O is malformed. The Value field of every Outputs member "
        "must evaluate to a String."
    )


def test_an_output_of_a_resource_that_the_stack_does_not_have_is_refused() -> None:
    resolver = resolver_of(
        {**TEMPLATE, "Outputs": {"O": {"Value": {"Ref": "OnlyDev"}}}}, {}, **PARAMETERS
    )
    with pytest.raises(IntrinsicError) as caught:
        resolver.outputs()
    assert caught.value.message == (
        "Unresolved resource dependencies [OnlyDev] in the Outputs block of the template"
    )


def test_a_masked_resolver_hides_secrets_and_decides_as_before() -> None:
    masked = resolver_of(TEMPLATE, {}, **PARAMETERS).masked()
    assert masked.show({"Fn::Sub": "${Pass} ${Env}"}) == "**** prod"
    assert masked.condition("Secret")
    assert masked.show({"Fn::If": ["Secret", 1, 2]}) == 1


@given(st.text(alphabet="ab${}!.", max_size=20))
def test_an_escaped_text_comes_out_of_sub_as_it_was(text: str) -> None:
    escaped = re.sub(r"\$\{([^}]*\})", r"${!\1", text)
    assert resolve({"Fn::Sub": escaped}) == text


@given(
    st.recursive(
        st.booleans() | st.integers() | st.text(alphabet="abc $.{}", max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(alphabet="abc", min_size=1, max_size=3), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_a_value_without_functions_stays_as_it_is(value: object) -> None:
    assert resolve(value) == value


@given(
    st.sampled_from(sorted(FUNCTIONS)),
    st.recursive(
        st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
        ),
        max_leaves=8,
    ),
)
def test_no_argument_whatever_ends_in_another_error(name: str, argument: object) -> None:
    with contextlib.suppress(IntrinsicError):
        assert resolve({name: argument}) is not NotImplemented
