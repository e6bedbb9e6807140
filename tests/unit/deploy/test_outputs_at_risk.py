from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.deploy.outputs_at_risk import outputs_at_risk
from cdinfra.deploy.plan import ChangeAction, Replacement, ResourceChange, ValueChange

REPLACED = ResourceChange(
    logical_id="Vpc",
    resource_type="AWS::EC2::VPC",
    action=ChangeAction.MODIFY,
    replacement=Replacement.ALWAYS,
)
IN_PLACE = ResourceChange(
    logical_id="Vpc", resource_type="AWS::EC2::VPC", action=ChangeAction.MODIFY
)
PARAMETER = ValueChange(name="Parameters.Size", before="a", after="b")


def risky(value: object, *, resources: tuple = (), values: tuple = ()) -> bool:
    template = {"Outputs": {"Out": {"Value": value}}}
    return bool(outputs_at_risk(template, template, resources=resources, values=values))


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Vpc"},
        {"Fn::GetAtt": ["Vpc", "CidrBlock"]},
        {"Fn::GetAtt": "Vpc.CidrBlock"},
        {"Fn::Sub": "id ${Vpc}"},
        {"Fn::Sub": "id ${Vpc.CidrBlock}"},
        {"Fn::Sub": ["id ${x}", {"x": {"Ref": "Vpc"}}]},
        {"Fn::Join": [",", ["a", {"Ref": "Vpc"}]]},
        {"Fn::If": ["Large", {"Ref": "Vpc"}, "none"]},
    ],
)
def test_an_output_that_comes_from_a_replaced_resource_may_change(value: object) -> None:
    assert risky(value, resources=(REPLACED,))


@pytest.mark.parametrize(
    "value", ["text", {"Ref": "Other"}, {"Fn::Sub": "${!Vpc} ${AWS::Region}"}, {"Fn::Sub": "Vpc"}]
)
def test_an_output_that_comes_from_elsewhere_stays(value: object) -> None:
    assert not risky(value, resources=(REPLACED,), values=(PARAMETER,))


def test_an_id_stays_when_the_resource_changes_in_place_but_an_attribute_may_not() -> None:
    assert not risky({"Ref": "Vpc"}, resources=(IN_PLACE,))
    assert risky({"Fn::GetAtt": ["Vpc", "CidrBlock"]}, resources=(IN_PLACE,))


def test_an_output_of_a_changed_parameter_may_change() -> None:
    assert risky({"Ref": "Size"}, values=(PARAMETER,))
    assert risky({"Fn::FindInMap": ["Sizes", "x", "y"]}, values=(PARAMETER,))


def test_a_changed_tag_changes_no_output() -> None:
    tag = ValueChange(name="Tags.Size", before="a", after="b")
    assert not risky({"Ref": "Size"}, values=(tag,))


def test_an_output_that_is_defined_otherwise_or_new_may_change() -> None:
    before = {"Outputs": {"A": {"Value": "a"}, "Gone": {"Value": "x"}}}
    after = {"Outputs": {"A": {"Value": "b"}, "New": {"Value": "c"}}}
    assert outputs_at_risk(before, after, resources=(), values=()) == {"A", "New"}


VALUES = st.recursive(
    st.text(max_size=5) | st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Ref", "Fn::Sub", "Fn::GetAtt", "Fn::If", "x"]), inner, max_size=2
        )
    ),
    max_leaves=10,
)


@given(value=VALUES)
def test_whatever_an_output_holds_it_can_be_judged(value: object) -> None:
    assert not risky(value)
    assert risky(value, resources=(REPLACED,)) in {True, False}
