from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.api import operation_model
from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.constraints import check_members


def refused(operation: str, **members: Any) -> str:
    with pytest.raises(ApiError) as caught:
        check_members(operation_model(operation).input_shape, members)
    return caught.value.message


@given(st.from_regex(r"[a-zA-Z0-9][-a-zA-Z0-9]{0,127}", fullmatch=True))
def test_a_token_of_letters_digits_and_hyphens_passes(token: str) -> None:
    members = {"StackName": "one", "ClientRequestToken": token}
    check_members(operation_model("DeleteStack").input_shape, members)


@given(st.text(min_size=1).filter(lambda text: not text.isascii()) | st.just("a" * 129))
def test_another_token_is_refused(token: str) -> None:
    assert "'clientRequestToken' failed to satisfy constraint" in refused(
        "DeleteStack", StackName="one", ClientRequestToken=token
    )


@pytest.mark.parametrize(
    ("operation", "members", "member", "constraint"),
    [
        (
            "SignalResource",
            {"StackName": "one", "LogicalResourceId": "A", "UniqueId": "i", "Status": "MAYBE"},
            "status",
            "Member must satisfy enum value set: [SUCCESS, FAILURE]",
        ),
        (
            "CreateStack",
            {"StackName": "one", "OnFailure": "PANIC"},
            "onFailure",
            "Member must satisfy enum value set: [DO_NOTHING, ROLLBACK, DELETE]",
        ),
        (
            "CreateStack",
            {"StackName": "one", "TimeoutInMinutes": 0},
            "timeoutInMinutes",
            "Member must have value greater than or equal to 1",
        ),
        (
            "CreateStack",
            {"StackName": "one", "RollbackConfiguration": {"MonitoringTimeInMinutes": 181}},
            "rollbackConfiguration.monitoringTimeInMinutes",
            "Member must have value less than or equal to 180",
        ),
        (
            "CreateStack",
            {"StackName": "one", "Tags": [{"Key": "k" * 129, "Value": "v"}]},
            "tags.member.key",
            "Member must have length less than or equal to 128",
        ),
    ],
)
def test_what_the_model_does_not_allow_is_refused(
    operation: str, members: Any, member: str, constraint: str
) -> None:
    assert f"at '{member}' failed to satisfy constraint: {constraint}" in (
        refused(operation, **members)
    )


def test_every_problem_is_named_at_once() -> None:
    message = refused("SignalResource", StackName="one", Status="MAYBE", UniqueId="i" * 65)
    assert message.startswith("3 validation errors detected: Value null at 'logicalResourceId'")
    assert "'status'" in message
    assert "'uniqueId'" in message


def test_a_long_value_is_cut() -> None:
    assert len(refused("DeleteStack", StackName="one", ClientRequestToken="a" * 10_000)) < 1_000
