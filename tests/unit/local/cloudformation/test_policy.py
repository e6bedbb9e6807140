import json
from typing import Any

import pytest

from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.policy import UpdateAction, check_policy_body, denial

TOPIC = "AWS::SNS::Topic"
ALLOW_ALL = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": list(statements)})


def deny(action: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Principal": "*", "Resource": "*", **more}


@pytest.mark.parametrize(
    ("statements", "action", "allowed"),
    [
        ([ALLOW_ALL], UpdateAction.DELETE, True),
        ([ALLOW_ALL, deny("Update:Replace")], UpdateAction.REPLACE, False),
        ([ALLOW_ALL, deny("Update:Replace")], UpdateAction.MODIFY, True),
        ([ALLOW_ALL, deny(["Update:Delete", "Update:Replace"])], UpdateAction.DELETE, False),
        ([deny("Update:Replace")], UpdateAction.MODIFY, False),
        ([{**ALLOW_ALL, "Resource": "LogicalResourceId/B*"}], UpdateAction.MODIFY, False),
        ([{**ALLOW_ALL, "Resource": "LogicalResourceId/A*"}], UpdateAction.MODIFY, True),
        (
            [ALLOW_ALL, deny("Update:*", Condition={"StringEquals": {"ResourceType": [TOPIC]}})],
            UpdateAction.MODIFY,
            False,
        ),
        (
            [
                ALLOW_ALL,
                deny("Update:*", Condition={"StringLike": {"ResourceType": "AWS::EC2::*"}}),
            ],
            UpdateAction.MODIFY,
            True,
        ),
    ],
)
def test_a_policy_allows_and_denies(
    statements: list[dict[str, Any]], action: UpdateAction, allowed: bool
) -> None:
    assert (denial(policy(*statements), action, "A", TOPIC) == "") is allowed


def test_without_a_policy_everything_is_allowed() -> None:
    assert denial("", UpdateAction.DELETE, "A", TOPIC) == ""
    assert denial("{}", UpdateAction.DELETE, "A", TOPIC) == ""


def test_not_resource_and_not_action_turn_the_meaning_round() -> None:
    statement = {
        "Effect": "Deny",
        "NotAction": "Update:Modify",
        "Principal": "*",
        "NotResource": "LogicalResourceId/B",
    }
    both = policy(ALLOW_ALL, statement)

    assert denial(both, UpdateAction.REPLACE, "A", TOPIC)
    assert not denial(both, UpdateAction.MODIFY, "A", TOPIC)
    assert not denial(both, UpdateAction.REPLACE, "B", TOPIC)


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "[]",
        '{"Statement": 1}',
        '{"Statement": [1]}',
        policy({**ALLOW_ALL, "Effect": "Maybe"}),
        policy({"Effect": "Allow", "Principal": "*", "Resource": "*"}),
    ],
)
def test_what_is_no_policy_is_refused(body: str) -> None:
    with pytest.raises(ApiError, match="Error validating stack policy: Invalid stack policy"):
        check_policy_body(body)


def test_a_policy_that_is_too_large_is_refused() -> None:
    with pytest.raises(ApiError, match="less than or equal to 16384"):
        check_policy_body(policy(deny("Update:*", Sid="x" * 17_000)))


def test_an_update_that_a_policy_denies_fails_its_resource(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    body = policy(ALLOW_ALL, deny("Update:Replace", Resource="LogicalResourceId/A"))
    cfn.create("one", {"A": topic(TopicName="a")}, StackPolicyBody=body)

    stack = cfn.update("one", {"A": topic(TopicName="b")})

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    reason = next(why for who, status, why in cfn.told("one") if status == "UPDATE_FAILED")
    assert reason.startswith("Action denied by stack policy: Statement [#2]")
    assert set(cloud.existing) == {"a"}


def test_a_removal_that_a_policy_denies_fails(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(), "B": topic()}, StackPolicyBody=policy(deny("Update:Delete")))

    stack = cfn.update("one", {"A": topic()})

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert ("delete", "B") not in cloud.calls


def test_a_policy_during_the_update_opens_it_once(cfn: Any, cloud: Any, topic: Any) -> None:
    closed = policy(deny("Update:*"))
    cfn.create("one", {"A": topic(DisplayName="a")}, StackPolicyBody=closed)

    stack = cfn.update(
        "one", {"A": topic(DisplayName="b")}, StackPolicyDuringUpdateBody=policy(ALLOW_ALL)
    )

    assert stack.status == "UPDATE_COMPLETE"
    assert cfn.call("GetStackPolicy", StackName="one") == {"StackPolicyBody": closed}
    assert cloud.calls[-1] == ("update", "A")


def test_a_policy_can_be_set_later(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})
    assert cfn.call("GetStackPolicy", StackName="one") == {}

    cfn.call("SetStackPolicy", StackName="one", StackPolicyBody=policy(ALLOW_ALL))

    assert cfn.call("GetStackPolicy", StackName="one") == {"StackPolicyBody": policy(ALLOW_ALL)}
    assert cfn.refused(
        "SetStackPolicy", StackName="one", StackPolicyBody="{}", StackPolicyURL="https://x"
    ) == ("You cannot specify both StackPolicyURL and StackPolicyBody")
