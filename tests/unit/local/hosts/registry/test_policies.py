import json
from typing import Any

import pytest

from cdinfra.local.hosts.registry.policies import allowed_actions

FRIEND, STRANGER = "222222222222", "333333333333"
PULL_PERMISSIONS = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
BOTH = frozenset({"pull", "push"})


def policy(**changes: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{FRIEND}:root"},
        "Action": PULL_PERMISSIONS,
        **changes,
    }
    return json.dumps({"Statement": [statement]})


def test_without_a_policy_no_other_account_is_let_in() -> None:
    assert allowed_actions(None, FRIEND, BOTH) == frozenset()


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": FRIEND},
        {"AWS": ["arn:aws:iam::111111111111:root", f"arn:aws:iam::{FRIEND}:role/hosts"]},
    ],
)
def test_an_account_that_a_policy_names_may_do_what_it_allows(principal: Any) -> None:
    assert allowed_actions(policy(Principal=principal), FRIEND, BOTH) == {"pull"}


def test_an_account_that_a_policy_does_not_name_may_do_nothing() -> None:
    assert allowed_actions(policy(), STRANGER, BOTH) == frozenset()
    assert allowed_actions(policy(Principal={"Service": "x"}), FRIEND, BOTH) == frozenset()


@pytest.mark.parametrize(
    ("permissions", "actions"),
    [
        ("ecr:*", {"pull", "push"}),
        ("*", {"pull", "push"}),
        (["ecr:BatchGetImage"], set()),
        (["ecr:batchgetimage", "ecr:GetDownload*"], {"pull"}),
        (["ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:PutImage"], {"push"}),
    ],
)
def test_an_action_needs_every_permission_that_it_uses(permissions: Any, actions: set[str]) -> None:
    assert allowed_actions(policy(Action=permissions), FRIEND, BOTH) == actions


def test_what_a_condition_would_allow_is_not_allowed() -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}

    assert allowed_actions(policy(Condition=condition), FRIEND, BOTH) == frozenset()


def test_a_denial_wins() -> None:
    document = json.loads(policy())
    document["Statement"].append({"Effect": "Deny", "Principal": "*", "Action": "ecr:Batch*"})

    assert allowed_actions(json.dumps(document), FRIEND, BOTH) == frozenset()
