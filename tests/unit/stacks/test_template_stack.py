"""A template of anybody's as a stack: what it passes on, and what it refuses."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra import App
from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext, Literal, OutputReference, Retained
from cdinfra.stacks import Network, TemplateStack

YAML = """
Parameters:
  VpcId: {Type: String}
  Size: {Type: Number, Default: 1}
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: !Sub "in ${VpcId}"
      VpcId: !Ref VpcId
Outputs:
  GroupId: {Value: !GetAtt Group.GroupId}
"""
BARE = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'


def built(context: BuildContext, **settings: Any) -> Any:
    return TemplateStack("one", **settings).build(context)


def problems(**settings: Any) -> str:
    with pytest.raises(InvalidInputError) as caught:
        TemplateStack("one", **settings)
    return caught.value.message


def test_the_template_is_the_text_with_the_long_names_of_functions(context: BuildContext) -> None:
    template = built(context, template=YAML, parameters={"VpcId": "vpc-1"})
    assert template.stack_name == "shop-dev-one"
    assert template.tags == context.all_tags()
    assert template.document["Resources"]["Group"]["Properties"] == {
        "GroupDescription": {"Fn::Sub": "in ${VpcId}"},
        "VpcId": {"Ref": "VpcId"},
    }
    assert template.document["Outputs"]["GroupId"]["Value"] == {"Fn::GetAtt": ["Group", "GroupId"]}


def test_json_and_yaml_of_the_same_template_are_the_same(context: BuildContext) -> None:
    from_yaml = built(context, template=YAML, parameters={"VpcId": "vpc-1"})
    from_json = built(context, template=from_yaml.body, parameters={"VpcId": "vpc-1"})
    assert from_json == from_yaml


def test_a_parameter_is_a_string_or_a_source(context: BuildContext) -> None:
    network = Network("network")
    sources = {"VpcId": network.vpc_id, "Size": "3"}
    template = built(context, template=YAML, parameters=sources)
    assert template.parameters == {"VpcId": network.vpc_id, "Size": Literal(value="3")}
    assert template.dependencies == ("network",)
    kept = Retained(initial="1")
    template = built(context, template=YAML, parameters={"VpcId": "vpc-1", "Size": kept})
    assert template.parameters["Size"] == kept


def test_it_waits_for_the_stacks_it_is_told_to() -> None:
    app = App("shop", env="dev", owner="team")
    app.add(TemplateStack("one", template=BARE, after=("two",)))
    app.add(TemplateStack("two", template=BARE))
    assert [each.name for each in app.build()] == ["two", "one"]


def test_an_output_is_referred_to_by_a_name_that_the_template_has() -> None:
    stack = TemplateStack("one", template=YAML, parameters={"VpcId": "vpc-1"})
    reference = stack.output("GroupId", "AWS::EC2::SecurityGroup::Id")
    assert reference == OutputReference(
        stack="one", output="GroupId", parameter_type="AWS::EC2::SecurityGroup::Id"
    )
    with pytest.raises(InvalidInputError, match="did you mean 'GroupId'"):
        stack.output("GroupID")


def test_every_wrong_parameter_is_told_at_once() -> None:
    told = problems(template=YAML, parameters={"VpcID": "vpc-1", "Size": 3})
    wrong, number, missing = told.splitlines()
    assert wrong.endswith("/VpcID: is no parameter of the template (did you mean 'VpcId'?)")
    assert "/Size: 3 is neither a string nor a source of values" in number
    assert missing == "stacks/one/parameters/VpcId: has no value and no default"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Resources: [", "stacks/one/template: Template format error: YAML not well-formed."),
        ('{"Resources": ', "stacks/one/template: Template format error: JSON not well-formed."),
        ("just words", "stacks/one/template: Template format error: unsupported structure."),
        ("", "stacks/one/template: Template format error: unsupported structure."),
        ("Outputs: {}", "stacks/one/template: has no Resources"),
        ("Resources: [1]", "stacks/one/template/Resources: is no mapping"),
        ("Resources: {A: 1}", "stacks/one/template/Resources/A: is no mapping"),
        ("Resources: {A: {B: null}}", "stacks/one/template: [/Resources/A/B] 'null' values"),
        (7, "stacks/one/template: int is not the text of a template"),
    ],
)
def test_what_is_no_template_is_refused_with_its_place(text: Any, told: str) -> None:
    assert problems(template=text).startswith(told)


def test_a_template_beyond_a_limit_is_refused(context: BuildContext) -> None:
    many = {f"Topic{number}": {"Type": "AWS::SNS::Topic"} for number in range(501)}
    stack = TemplateStack("one", template=json.dumps({"Resources": many}))
    with pytest.raises(InvalidInputError, match="has 501 resources"):
        stack.build(context)


@given(st.text(max_size=80))
def test_any_text_without_resources_is_one_clear_error(text: str) -> None:
    assert problems(template=text).startswith("stacks/one/template")
