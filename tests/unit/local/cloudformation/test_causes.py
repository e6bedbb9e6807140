from collections.abc import Mapping

import pytest

from cdinfra.local.cloudformation.changes import (
    ResourceChange,
    StackView,
    resource_changes,
)
from cdinfra.local.cloudformation.functions import UNKNOWN
from cdinfra.local.cloudformation.intrinsics import Resolver
from cdinfra.local.cloudformation.parameters import resolve_parameters
from cdinfra.local.cloudformation.scope import Scope
from cdinfra.local.cloudformation.template import parse_template
from cdinfra.local.resources.contract import Resource


def view(
    body: str,
    resources: Mapping[str, Resource] | None = None,
    *,
    tags: Mapping[str, str] | None = None,
    **given_values: str,
) -> StackView:
    template = parse_template(body)
    scope = Scope(
        stack_name="web",
        stack_id="arn:web",
        region="eu-central-1",
        account="123456789012",
        parameters=resolve_parameters(template, given_values, {}, {"/ami": "ami-1"}.get),
    )
    resolver = Resolver(
        template, scope, resource=(resources or {}).get, dynamic=lambda _service, _key: "secret"
    )
    return StackView(template=template, resolver=resolver, tags=tags or {})


def changes(
    before: str,
    after: str,
    resources: Mapping[str, Resource],
    *,
    tags: Mapping[str, str] | None = None,
    **given_values: str,
) -> dict[str, ResourceChange]:
    found = resource_changes(
        view(before, resources), view(after, None, tags=tags, **given_values), resources
    )
    return {change.logical_id: change for change in found}


def rows(change: ResourceChange) -> list[tuple[object, ...]]:
    return [
        (
            detail.pointer,
            detail.before,
            detail.after,
            detail.requires_recreation,
            detail.evaluation,
            detail.change_source,
            detail.causing_entity,
        )
        for detail in change.details
    ]


SECRETS = """
    Parameters: {Pass: {Type: String, NoEcho: true, Default: hush}}
    Resources:
      A:
        Type: AWS::SSM::Parameter
        Properties:
          Type: String
          Value: !Sub "user:${Pass}"
          Description: "{{resolve:ssm:/x}}"
    """


def test_no_secret_is_shown_and_yet_its_change_is() -> None:
    change = changes(SECRETS, SECRETS, {"A": Resource(physical_id="a")}, Pass="other")["A"]
    assert change.details[0].before == change.details[0].after == "user:****"
    everything = repr(change)
    assert "hush" not in everything
    assert "other" not in everything
    assert "{{resolve:ssm:/x}}" in everything


@pytest.mark.parametrize(
    "value",
    [
        '[{Key: a, Value: !Sub "${Pass}"}]',
        '[{Key: a, Value: !Select [2, !Split [",", !Sub "x,${Pass}"]]}]',
        '[{Key: a, Value: !Select [1, !Split [",", !Ref Pass]]}]',
    ],
)
def test_a_secret_in_a_list_or_a_function_is_hidden_whole(value: str) -> None:
    body = f"""
        Parameters: {{Pass: {{Type: String, NoEcho: true, Default: "a,hush"}}}}
        Resources: {{A: {{Type: AWS::SNS::Topic, Properties: {{Tags: {value}}}}}}}
        """
    change = changes(body, body, {"A": Resource(physical_id="a")}, Pass="a,other")["A"]
    assert change.details
    assert {detail.before for detail in change.details} == {"****"}
    assert "hush" not in repr(change)
    assert "other" not in repr(change)


def test_a_secret_that_a_function_takes_apart_is_hidden_whole() -> None:
    body = """
        Parameters: {Pass: {Type: String, NoEcho: true, Default: "a,hush"}}
        Resources:
          A:
            Type: AWS::SNS::Topic
            Properties: {DisplayName: !Select [1, !Split [",", !Ref Pass]]}
        """
    change = changes(body, body, {"A": Resource(physical_id="a")}, Pass="a,other")["A"]
    assert change.after_context == '{"Properties":{"DisplayName":"****"}}'
    assert {detail.after for detail in change.details} == {"****"}


def test_a_secret_does_not_go_on_through_an_attribute() -> None:
    body = """
        Parameters: {Pass: {Type: String, NoEcho: true, Default: hush}}
        Resources:
          A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Pass}}
          B: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt A.Value}}
        """
    resources = {
        "A": Resource(physical_id="a", attributes={"Value": "hush"}),
        "B": Resource(physical_id="b"),
    }
    change = changes(body, body, resources, Pass="other")["B"]
    assert {detail.after for detail in change.details} == {UNKNOWN}
    assert {detail.before for detail in change.details} == {"****"}
    assert "other" not in repr(change)


def test_a_parameter_is_found_behind_conditions_of_conditions() -> None:
    body = """
        Parameters: {Env: {Type: String, Default: dev}, Other: {Type: String, Default: x}}
        Conditions:
          Prod: !Equals [!Ref Env, prod]
          Dev: !Not [!Condition Prod]
          Same: !Equals [!Ref Other, x]
        Resources:
          A:
            Type: AWS::SNS::Topic
            Properties: {DisplayName: !If [Dev, !If [Same, a, b], c]}
        """
    change = changes(body, body, {"A": Resource(physical_id="a")}, Env="prod")["A"]
    assert [item.causing_entity for item in change.details] == [None, "Env"]


def test_a_condition_that_is_new_is_the_templates_own_change() -> None:
    before = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}}"
    after = """
        Conditions: {New: !Equals [a, a]}
        Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !If [New, b, c]}}}
        """
    change = changes(before, after, {"A": Resource(physical_id="a")})["A"]
    assert [item.change_source for item in change.details] == ["DirectModification"]
