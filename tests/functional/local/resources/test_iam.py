# mypy: disable-error-code="no-any-return"
from typing import Any

import pytest

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
LESS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}],
}
TAGS = [{"Key": "Name", "Value": "hosts"}, {"Key": "team", "Value": "web"}]


@pytest.fixture
def policy(cloud: Cloud) -> str:
    return cloud.create("AWS::IAM::ManagedPolicy", {"PolicyDocument": ALLOW}).physical_id


@pytest.fixture
def role(cloud: Cloud) -> str:
    return cloud.create("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST}).physical_id


def test_a_role_lives_with_its_policies_and_boundary(cloud: Cloud, policy: str) -> None:
    properties = {
        "RoleName": "hosts",
        "Path": "/shop/",
        "Description": "what a host may do",
        "AssumeRolePolicyDocument": TRUST,
        "ManagedPolicyArns": [policy],
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": policy,
        "Policies": [
            {"PolicyName": "read", "PolicyDocument": ALLOW},
            {"PolicyName": "deny", "PolicyDocument": LESS},
        ],
        "Tags": TAGS,
    }
    change = {
        "AssumeRolePolicyDocument": {**TRUST, "Id": "other"},
        "Description": "changed",
        "ManagedPolicyArns": None,
        "MaxSessionDuration": None,
        "PermissionsBoundary": None,
        "Policies": [{"PolicyName": "read", "PolicyDocument": LESS}],
        "Tags": TAGS[:1],
    }
    role = cloud.lives("AWS::IAM::Role", properties, change)
    assert role.attributes["Arn"] == "arn:aws:iam::123456789012:role/shop/hosts"


def test_a_role_without_a_name_gets_one_of_at_most_64_characters(role: str) -> None:
    assert role.startswith("shop-dev-web-Thing")
    assert len(role) <= 64


def test_an_instance_profile_lives_with_its_role(cloud: Cloud, role: str) -> None:
    other = cloud.create("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST}).physical_id
    properties = {"InstanceProfileName": "hosts", "Path": "/shop/", "Roles": [role]}
    profile = cloud.lives("AWS::IAM::InstanceProfile", properties, {"Roles": [other]})
    assert profile.attributes["Arn"].endswith(":instance-profile/shop/hosts")


def test_a_managed_policy_lives_through_more_versions_than_iam_keeps(
    cloud: Cloud, role: str
) -> None:
    other = cloud.create("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST}).physical_id
    properties = {
        "ManagedPolicyName": "pull",
        "Description": "to pull",
        "Path": "/",
        "PolicyDocument": ALLOW,
        "Roles": [role],
    }
    change = {"PolicyDocument": LESS, "Roles": [other]}
    policy = cloud.lives("AWS::IAM::ManagedPolicy", properties, change)
    for number in range(7):
        document = {**ALLOW, "Id": str(number)}
        policy = cloud.change(policy, {**properties, "PolicyDocument": document})
    assert cloud.read(policy)["PolicyDocument"]["Id"] == "6"


def test_an_inline_policy_moves_between_principals_and_names(cloud: Cloud, role: str) -> None:
    other = cloud.create("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST}).physical_id
    properties = {"PolicyName": "read", "PolicyDocument": ALLOW, "Roles": [role, other]}
    change = {"PolicyName": "deny", "PolicyDocument": LESS, "Roles": [other]}
    assert cloud.lives("AWS::IAM::Policy", properties, change)


def test_what_a_failed_update_never_did_is_no_hindrance_to_its_rollback(
    cloud: Cloud, policy: str
) -> None:
    role = cloud.create("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST})
    request = cloud.request({"AssumeRolePolicyDocument": TRUST})
    attempted = {
        "AssumeRolePolicyDocument": TRUST,
        "ManagedPolicyArns": [policy],
        "Policies": [{"PolicyName": "read", "PolicyDocument": ALLOW}],
    }
    assert cloud.types["AWS::IAM::Role"].update(request, role, attempted) == role


def test_a_policy_of_its_own_survives_an_update_of_its_role(cloud: Cloud) -> None:
    role = cloud.create("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST})
    properties = {"PolicyName": "read", "RoleName": role.physical_id, "PolicyDocument": ALLOW}
    policy = cloud.lives("AWS::IAM::RolePolicy", properties, {"PolicyDocument": LESS})
    cloud.change(role, {"AssumeRolePolicyDocument": TRUST, "Description": "changed"})
    assert cloud.read(policy) == properties
