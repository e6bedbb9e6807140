import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation import limits
from cdinfra.local.cloudformation.template import (
    TemplateError,
    needed_capabilities,
    parse_template,
)

TOPIC = {"Type": "AWS::SNS::Topic"}


def refusal(body: str) -> str:
    with pytest.raises(TemplateError) as caught:
        parse_template(body)
    return caught.value.message


def refusal_of(**sections: object) -> str:
    return refusal(json.dumps({"Resources": {"A": TOPIC}, **sections}))


def test_json_and_yaml_give_the_same_template() -> None:
    document = {
        "Parameters": {"Env": {"Type": "String", "Default": "dev"}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}},
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "Net": {
                "Type": "AWS::EC2::Subnet",
                "Condition": "Prod",
                "DependsOn": "Vpc",
                "Properties": {
                    "VpcId": {"Fn::GetAtt": ["Vpc", "VpcId"]},
                    "CidrBlock": {"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/16", 1, 8]}]},
                },
            },
        },
    }
    body = """
        Parameters: {Env: {Type: String, Default: dev}}
        Conditions: {Prod: !Equals [!Ref Env, prod]}
        Resources:
          Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
          Net:
            Type: AWS::EC2::Subnet
            Condition: Prod
            DependsOn: Vpc
            Properties:
              VpcId: !GetAtt Vpc.VpcId
              CidrBlock: !Select [0, !Cidr [10.0.0.0/16, 1, 8]]
        """
    assert parse_template(body).document == parse_template(json.dumps(document)).document


def test_a_resource_has_what_its_entry_says_and_defaults_else() -> None:
    template = parse_template(
        """
        Resources:
          A: {Type: AWS::SNS::Topic}
          B:
            Type: AWS::EC2::Volume
            DependsOn: [A]
            DeletionPolicy: Snapshot
            UpdateReplacePolicy: Retain
            Metadata: {x: y}
            CreationPolicy: {ResourceSignal: {Count: 1}}
            UpdatePolicy: {AutoScalingReplacingUpdate: {WillReplace: true}}
        """
    )
    plain, rich = template.resources.values()
    assert (plain.properties, plain.depends_on, plain.condition) == ({}, (), None)
    assert (plain.deletion_policy, plain.update_replace_policy) == ("Delete", "Delete")
    assert rich.depends_on == ("A",)
    assert (rich.deletion_policy, rich.update_replace_policy) == ("Snapshot", "Retain")
    assert rich.creation_policy == {"ResourceSignal": {"Count": 1}}
    assert rich.update_policy == {"AutoScalingReplacingUpdate": {"WillReplace": True}}
    assert rich.metadata == {"x": "y"}


def test_a_parameter_has_its_numbers_and_texts() -> None:
    template = parse_template(
        """
        Parameters:
          Port: {Type: Number, Default: 80, MinValue: 1, MaxValue: "99", AllowedValues: [80, 81]}
          Word: {Type: String, MinLength: 2, MaxLength: 3, AllowedPattern: "[a-z]+", NoEcho: true}
        Resources: {A: {Type: AWS::SNS::Topic}}
        """
    )
    port, word = template.parameters["Port"], template.parameters["Word"]
    assert (port.default, port.min_value, port.max_value) == ("80", 1, 99)
    assert port.allowed_values == ("80", "81")
    assert (word.min_length, word.max_length, word.allowed_pattern) == (2, 3, "[a-z]+")
    assert (word.no_echo, port.no_echo, word.default) == (True, False, None)


def test_an_output_can_be_exported_and_have_a_condition() -> None:
    template = parse_template(
        """
        Conditions: {Always: !Equals [a, a]}
        Resources: {A: {Type: AWS::SNS::Topic}}
        Outputs:
          O:
            Value: !Ref A
            Description: it
            Condition: Always
            Export: {Name: !Sub "${AWS::StackName}-o"}
        """
    )
    output = template.outputs["O"]
    assert output.value == {"Ref": "A"}
    assert (output.description, output.condition) == ("it", "Always")
    assert output.export_name == {"Fn::Sub": "${AWS::StackName}-o"}


def test_the_body_is_kept_as_it_was_given() -> None:
    body = "# a comment\nResources: {A: {Type: AWS::SNS::Topic}}\n"
    assert parse_template(body).body == body


def test_a_date_and_an_account_id_stay_texts_in_yaml() -> None:
    template = parse_template(
        "Resources: {A: {Type: AWS::SNS::Topic, "
        "Properties: {a: 2012-10-17, b: 012345678901, c: 22:22, d: 7, e: 1.5, f: true}}}"
    )
    assert template.resources["A"].properties == {
        "a": "2012-10-17",
        "b": "012345678901",
        "c": "22:22",
        "d": 7,
        "e": 1.5,
        "f": True,
    }


def test_yaml_anchors_and_merges_are_followed() -> None:
    template = parse_template(
        """
        Metadata: {base: &base {DisplayName: d}}
        Resources: {A: {Type: AWS::SNS::Topic, Properties: {<<: *base, TopicName: t}}}
        """
    )
    assert template.resources["A"].properties == {"DisplayName": "d", "TopicName": "t"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "Template format error: JSON not well-formed. (line 1, column 2)"),
        ("a: [", "Template format error: YAML not well-formed. (line 2, column 1)"),
        ("", "Template format error: unsupported structure."),
        ("just words", "Template format error: unsupported structure."),
        ("\x00", "Template format error: YAML not well-formed."),
        (
            '{"Resources": {"A": 1, "A": 2}}',
            "Template format error: JSON not well-formed. Duplicate key A",
        ),
        (
            "Resources: {A: 1}\nResources: {}",
            "Template format error: YAML not well-formed. (line 2, column 1)",
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, Properties: }}",
            "[/Resources/A/Properties] 'null' values are not allowed in templates",
        ),
        (
            "Resources: {}",
            "Template format error: At least one Resources member must be defined.",
        ),
        ("Resources: {A: []}", "Template format error: Any Resources member must be an object."),
        (
            "Resources: {A: {}}",
            (
                "Template format error: [/Resources/A] Every Resources object must contain a Type "
                "member."
            ),
        ),
        (
            "Resources: {A: {Type: AWS::SNS::Topic, Invalid: 1}}",
            "Invalid template resource property 'Invalid'",
        ),
        (
            "Resources: {my-topic: {Type: AWS::SNS::Topic}}",
            "Template format error: Resource name my-topic is non alphanumeric.",
        ),
        (
            "Resources: {A: {Type: AWS::Sns::Topic}, B: {Type: AWS::X::Y}}",
            "Template format error: Unrecognized resource types: [AWS::Sns::Topic, AWS::X::Y]",
        ),
    ],
)
def test_a_body_that_the_service_refuses_is_refused_in_its_words(body: str, message: str) -> None:
    assert refusal(body) == message


def test_a_short_tag_can_hold_a_mapping() -> None:
    template = parse_template(
        "Transform: AWS::LanguageExtensions\n"
        "Resources: {A: {Type: AWS::SNS::Topic, Properties: {x: !ToJsonString {a: 1}}}}"
    )
    assert template.resources["A"].properties == {"x": {"Fn::ToJsonString": {"a": 1}}}


@pytest.mark.parametrize(
    ("section", "entry", "limit"),
    [
        ("Resources", TOPIC, limits.RESOURCES),
        ("Parameters", {"Type": "String"}, limits.PARAMETERS),
        ("Outputs", {"Value": "x"}, limits.OUTPUTS),
        ("Mappings", {"a": {"b": "c"}}, limits.MAPPINGS),
    ],
)
def test_a_section_may_be_full_but_not_overfull(
    section: str, entry: dict[str, object], limit: int
) -> None:
    full: dict[str, object] = {f"N{number}": entry for number in range(limit)}
    assert parse_template(json.dumps({"Resources": {"A": TOPIC}, section: full})).document
    message = refusal_of(**{section: {**full, "More": entry}})
    assert f"{limit + 1}, is greater than maximum allowed, {limit}" in message


def test_a_template_larger_than_a_bucket_may_hold_is_refused() -> None:
    body = json.dumps({"Resources": {"A": TOPIC}}).ljust(limits.TEMPLATE_URL_BYTES)
    assert parse_template(body).resources.keys() == {"A"}
    assert refusal(body + " ") == "Template may not exceed 1000000 bytes in size."


def test_more_dynamic_references_than_allowed_are_refused() -> None:
    values = ["{{resolve:ssm:/x}}"] * (limits.DYNAMIC_REFERENCES + 1)
    assert "61 dynamic references" in refusal_of(Metadata={"x": values})


def test_the_functions_of_the_language_extensions_need_their_transform() -> None:
    body = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {x: !Length [a]}}}"
    assert "unsupported function: Fn::Length" in refusal(body)
    template = parse_template(f"Transform: AWS::LanguageExtensions\n{body}")
    assert template.transforms == ("AWS::LanguageExtensions",)
    assert needed_capabilities(template)[0] == ("CAPABILITY_AUTO_EXPAND",)


def test_roles_need_a_capability_and_named_roles_another() -> None:
    unnamed = parse_template(
        "Resources: {P: {Type: AWS::IAM::InstanceProfile}, R: {Type: AWS::IAM::Role}}"
    )
    named = parse_template("Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: x}}}")
    assert needed_capabilities(unnamed) == (
        ("CAPABILITY_IAM",),
        (
            "The following resource(s) require capabilities: [AWS::IAM::InstanceProfile, "
            "AWS::IAM::Role]"
        ),
    )
    assert needed_capabilities(named)[0] == ("CAPABILITY_NAMED_IAM",)
    assert needed_capabilities(parse_template(json.dumps({"Resources": {"A": TOPIC}}))) == ((), "")


@given(st.text(max_size=200))
def test_no_body_whatever_ends_in_another_error(body: str) -> None:
    with pytest.raises(TemplateError):
        parse_template(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["Resources", "Type", "Ref", "Fn::Sub", "Fn::If", "Properties", "A"]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=10,
    )
)
def test_no_resources_whatever_end_in_another_error(resources: object) -> None:
    body = json.dumps({"Resources": resources})
    with contextlib.suppress(TemplateError):
        assert parse_template(body).resources
