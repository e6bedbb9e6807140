import json

import pytest

from cdinfra.local.cloudformation.template import (
    TemplateError,
    parse_template,
)

TOPIC = {"Type": "AWS::SNS::Topic"}


def refusal(body: str) -> str:
    with pytest.raises(TemplateError) as caught:
        parse_template(body)
    return caught.value.message


def refusal_of(**sections: object) -> str:
    return refusal(json.dumps({"Resources": {"A": TOPIC}, **sections}))


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"Foo": 1, "Bar": 2}, "Invalid template property or properties [Bar, Foo]"),
        ({"Parameters": []}, "Template format error: Parameters must be an object."),
        (
            {"Parameters": {"P": {}}},
            "Template format error: Every Parameters object must contain a Type member.",
        ),
        (
            {"Parameters": {"P": {"Type": "Text"}}},
            "Template format error: Unrecognized parameter type: Text",
        ),
        (
            {"Parameters": {"P": {"Type": "String", "Defalt": "x"}}},
            "Invalid template parameter property 'Defalt'",
        ),
        (
            {"Parameters": {"P": {"Type": "Number", "MinValue": "many"}}},
            "Template format error: MinValue of parameter P must be a number.",
        ),
        (
            {"Mappings": {"A": "x"}},
            "Template format error: Every Mappings member A must be a map",
        ),
        (
            {"Mappings": {"A": {"B": {"C": {"D": "E"}}}}},
            "Template format error: Every Mappings attribute must be a String or a List.",
        ),
        (
            {"Parameters": {"A": {"Type": "String"}}},
            "Template format error: Parameters and Resources must have different names: [A]",
        ),
        (
            {"Parameters": {"P": {"Type": "String", "AllowedValues": "a b"}}},
            "Template format error: Every AllowedValues member must be a list.",
        ),
        (
            {"Outputs": {"O": {}}},
            "Template format error: Every Outputs member must contain a Value object",
        ),
        (
            {"Outputs": {"O": {"Value": {"Ref": "B"}}}},
            ("Unresolved resource dependencies [B] in the Outputs block of the template"),
        ),
        (
            {"Conditions": {"C": {"Fn::Equals": [{"Ref": "A"}, "x"]}}},
            (
                "Template format error: Unresolved dependencies [A]. Cannot reference resources in "
                "the Conditions block of the template"
            ),
        ),
        (
            {"Conditions": {"C": {"Fn::Not": [{"Condition": "D"}]}}},
            (
                "Template format error: Unresolved condition dependency D in the Conditions "
                "block of "
                "the template (C)"
            ),
        ),
        (
            {"Transform": "AWS::Serverless-2016-10-31"},
            (
                "The local cloud carries no transforms but AWS::LanguageExtensions: "
                "AWS::Serverless-2016-10-31"
            ),
        ),
        (
            {"Transform": [{"Name": "AWS::Include", "Parameters": {}}]},
            "The local cloud carries no transforms but AWS::LanguageExtensions: AWS::Include",
        ),
        (
            {"Description": "x" * 1025},
            "Template format error: 'Description' length is greater than 1024.",
        ),
        ({"Description": ["x"]}, "Template format error: Description must be a string."),
        (
            {"AWSTemplateFormatVersion": "2020-01-01"},
            "Template format error: AWSTemplateFormatVersion must be 2010-09-09, found 2020-01-01.",
        ),
        (
            {"Hooks": {}},
            "The local cloud carries no transforms but AWS::LanguageExtensions: Hooks",
        ),
        (
            {"Conditions": {"Fn::ForEach::X": {}}},
            "The local cloud does not carry the loop Fn::ForEach::X",
        ),
        (
            {"Mappings": {"x" * 256: {"a": {"b": "c"}}}},
            f"Template format error: Mapping name {'x' * 256} is longer than 255 characters.",
        ),
        (
            {"Mappings": {"M": {f"k{number}": {"b": "c"} for number in range(201)}}},
            "Template format error: Mapping M has more than 200 keys.",
        ),
        (
            {"Mappings": {"M": {"a": "b"}}},
            "Template format error: Every Mappings member M must be a map",
        ),
        (
            {"Parameters": {"P": {"Type": "String", "Default": ["x"]}}},
            "Template format error: Every Default member must be a string. (P)",
        ),
        (
            {"Outputs": {"O": {"Value": "x", "Foo": "y"}}},
            "Invalid template output property 'Foo'",
        ),
        (
            {"Outputs": {"O": {"Value": "x", "Export": "y"}}},
            "Template format error: [/Outputs/O/Export] Export must have a Name, and nothing else.",
        ),
        (
            {"Outputs": {"O": {"Value": "x", "Condition": "None"}}},
            (
                "Template format error: Unresolved condition dependencies [None] in the Outputs "
                "block "
                "of the template"
            ),
        ),
        (
            {"Rules": {"R": {}}},
            "Template format error: Rule R must have Assertions, each with an Assert.",
        ),
    ],
)
def test_a_section_that_the_service_refuses_is_refused(
    sections: dict[str, object], message: str
) -> None:
    assert refusal_of(**sections) == message


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        (
            "!Ref B",
            (
                "Template format error: Unresolved resource dependencies [B] in the Resources "
                "block "
                "of the template"
            ),
        ),
        (
            '!Sub "${B.Arn}${C}${AWS::Region}${!D}"',
            (
                "Template format error: Unresolved resource dependencies [B, C] in the Resources "
                "block of the template"
            ),
        ),
        (
            "!GetAtt A",
            (
                "Template error: every Fn::GetAtt object requires two non-empty parameters, the "
                "resource name and the resource attribute"
            ),
        ),
        (
            '!Sub "${a-b}"',
            (
                "Template error: variable names in Fn::Sub syntax must contain only alphanumeric "
                "characters, underscores, periods, and colons"
            ),
        ),
        (
            "!If [Missing, a, b]",
            "Template error: unresolved condition dependency Missing in Fn::If",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused(properties: str, message: str) -> None:
    body = f"Resources: {{A: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: {properties}}}}}}}"
    assert refusal(body) == message


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"Type": ["x"]}, "Template format error: [/Resources/B/Type] must be a string."),
        (
            {**TOPIC, "Properties": "x"},
            "Template format error: [/Resources/B/Properties] Properties must be an object.",
        ),
        (
            {**TOPIC, "DependsOn": [{"Ref": "A"}]},
            (
                "Template format error: [/Resources/B/DependsOn] Every DependsOn value must be a "
                "string."
            ),
        ),
        (
            {**TOPIC, "Condition": {"Fn::Not": [True]}},
            (
                "Template format error: [/Resources/B/Condition] Every Condition member must be a "
                "string."
            ),
        ),
        (
            {**TOPIC, "Condition": "None"},
            (
                "Template format error: Unresolved condition dependencies [None] in the Resources "
                "block of the template"
            ),
        ),
        (
            {**TOPIC, "Properties": {"x": {"Fn::Sub": ["${A}", {}, 3]}}},
            (
                "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
                "arguments. Specify a string as first argument, and an optional second argument to "
                "specify a mapping of values to replace in the string"
            ),
        ),
        (
            {**TOPIC, "Properties": {"x": {"Fn::FindInMap": ["M", "a", "b", {}]}}},
            (
                "Template error: every Fn::FindInMap object requires three parameters, the map "
                "name, "
                "map key and the attribute for return value"
            ),
        ),
        (
            {**TOPIC, "Properties": {"x": {"Fn::GetAtt": "A."}}},
            (
                "Template error: every Fn::GetAtt object requires two non-empty parameters, the "
                "resource name and the resource attribute"
            ),
        ),
    ],
)
def test_a_resource_of_a_wrong_shape_is_refused(entry: dict[str, object], message: str) -> None:
    assert refusal(json.dumps({"Resources": {"A": TOPIC, "B": entry}})) == message


def test_an_unknown_function_is_named_with_those_that_there_are() -> None:
    message = refusal("Resources: {A: {Type: AWS::SNS::Topic, Properties: {x: !Foo y}}}")
    assert "unsupported function: Fn::Foo" in message
    assert "Fn::GetAtt" in message


def test_a_circle_of_resources_names_those_in_it_and_no_others() -> None:
    body = """
        Resources:
          A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt B.TopicName}}
          B: {Type: AWS::SNS::Topic, DependsOn: A}
          Before: {Type: AWS::SNS::Topic}
          After: {Type: AWS::SNS::Topic, DependsOn: [A, Before]}
        """
    assert refusal(body) == "Circular dependency between resources: [A, B]"


def test_a_resource_that_refers_to_itself_is_a_circle() -> None:
    body = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref A}}}"
    assert refusal(body) == "Circular dependency between resources: [A]"


def test_conditions_in_a_circle_are_refused() -> None:
    assert refusal_of(
        Conditions={"C": {"Fn::Not": [{"Condition": "D"}]}, "D": {"Fn::Not": [{"Condition": "C"}]}}
    ) == ("Template error: Found circular condition dependency between [C, D]")


def test_a_snapshot_is_only_for_what_can_be_snapshotted() -> None:
    assert refusal("Resources: {A: {Type: AWS::SNS::Topic, DeletionPolicy: Snapshot}}") == (
        "Template error: resource type AWS::SNS::Topic does not support deletion policy Snapshot"
    )


@pytest.mark.parametrize(
    ("key", "policy"),
    [("DeletionPolicy", "Keep"), ("UpdateReplacePolicy", "RetainExceptOnCreate")],
)
def test_a_policy_must_be_one_that_there_is(key: str, policy: str) -> None:
    assert refusal(f"Resources: {{A: {{Type: AWS::SNS::Topic, {key}: {policy}}}}}") == (
        f"Template format error: Unrecognized {key} {policy} for resource A"
    )
