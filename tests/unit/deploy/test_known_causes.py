import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.deploy.known_causes import KNOWN_CAUSES, CauseKind, find_cause, names_in

REASONS = {
    "Received 1 FAILURE signal(s) out of 2. Unable to satisfy 100% "
    "MinSuccessfulInstancesPercent requirement": CauseKind.HOST_FAILED,
    "WaitCondition received failed message: 'no' for uniqueId: i-1": CauseKind.HOST_FAILED,
    "Failed to receive 1 resource signal(s) within the specified duration": CauseKind.HOST_SILENT,
    "WaitCondition timed out. Received 0 conditions when expecting 1": CauseKind.HOST_SILENT,
    "Embedded stack arn:aws:cloudformation:eu-central-1:1:stack/a/b was not successfully "
    "created: The following resource(s) failed to create: [Vpc].": CauseKind.NESTED_STACK,
    "The security token included in the request is expired": CauseKind.SESSION_EXPIRED,
    "You are not authorized to perform this operation. Encoded authorization failure "
    "message: aB-3_x": CauseKind.ENCODED_DENIAL,
    "User: arn:aws:iam::1:user/me is not authorized to perform: ec2:CreateVpc on resource: "
    "arn:aws:ec2:x": CauseKind.ACCESS_DENIED,
    "API: iam:PutRolePolicy Access Denied": CauseKind.ACCESS_DENIED,
    "Access Denied (Service: S3, Status Code: 403)": CauseKind.ACCESS_DENIED,
    "Rate exceeded (Service: Iam, Status Code: 400)": CauseKind.THROTTLED,
    "Request limit exceeded. (Error Code: RequestLimitExceeded)": CauseKind.THROTTLED,
    "/cdinfra/shop/dev/web already exists": CauseKind.ALREADY_EXISTS,
    "Resource of type 'AWS::Logs::LogGroup' with identifier 'x' already exists. (RequestToken: "
    "a, HandlerErrorCode: AlreadyExists)": CauseKind.ALREADY_EXISTS,
    "We currently do not have sufficient t3.micro capacity in the zone": CauseKind.NO_CAPACITY,
    "The maximum number of VPCs has been reached.": CauseKind.LIMIT_EXCEEDED,
    "You have requested more vCPU capacity than your current vCPU limit of 32 allows for the "
    "instance bucket": CauseKind.LIMIT_EXCEEDED,
    "Cannot exceed quota for RolesPerAccount: 1000": CauseKind.LIMIT_EXCEEDED,
    "Load balancer 'x' cannot be deleted because deletion protection is "
    "enabled": CauseKind.PROTECTED,
    "The bucket you tried to delete is not empty": CauseKind.NOT_EMPTY,
    "The repository cannot be deleted because it still contains images": CauseKind.NOT_EMPTY,
    "resource sg-1 has a dependent object (Error Code: DependencyViolation)": CauseKind.STILL_USED,
    "The subnet 'subnet-1' has dependencies and cannot be deleted.": CauseKind.STILL_USED,
    "Export net-Vpc cannot be deleted as it is in use by web": CauseKind.STILL_USED,
    "Cannot delete entity, must detach all policies first.": CauseKind.STILL_USED,
    "Exceeded attempts to wait": CauseKind.TIMED_OUT,
    "Resource timed out waiting for completion": CauseKind.TIMED_OUT,
    "Topic did not stabilize. (HandlerErrorCode: NotStabilized)": CauseKind.TIMED_OUT,
}


@pytest.mark.parametrize(("reason", "kind"), REASONS.items())
def test_a_reason_is_known_by_its_words(reason: str, kind: CauseKind) -> None:
    found = find_cause(reason)
    assert found is not None
    assert found[0].kind is kind


def test_every_kind_has_a_reason_that_is_tested() -> None:
    assert set(REASONS.values()) == set(CauseKind) == {row.kind for row in KNOWN_CAUSES}


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "The CIDR '10.0.0.0/16' conflicts with another subnet",
        "Property CidrBlock cannot be empty.",
        "Invalid launch template version: the image 'ami-1' is not usable because it is a test",
    ],
)
def test_other_reasons_are_not_known(reason: str) -> None:
    assert find_cause(reason) is None


@pytest.mark.parametrize(
    ("reason", "action"),
    [
        ("me is not authorized to perform: ec2:CreateVpc on resource: x", "ec2:CreateVpc"),
        ("API: iam:PutRolePolicy Access Denied", "iam:PutRolePolicy"),
        ("API: ec2:RunInstances You are not authorized to perform this", "ec2:RunInstances"),
    ],
)
def test_the_permission_that_is_missing_is_named(reason: str, action: str) -> None:
    found = find_cause(reason)
    assert found is not None
    row, values = found
    assert f"lacks the permission {action}:" in row.describe_hint(values)


def test_the_first_command_whose_values_are_known_counts() -> None:
    row = next(each for each in KNOWN_CAUSES if each.kind is CauseKind.HOST_FAILED)
    both = {"log_group": "/shop/web", "host": "i-1"}
    assert "--log-stream-name i-1/cdinfra-host" in row.choose_command(both)
    assert row.choose_command({"log_group": "", "host": "i-1"}).endswith("--instance-id i-1")
    assert row.choose_command({"log_group": "/shop/web"}) == "aws logs tail /shop/web --since 1d"
    assert row.choose_command({}) == ""


@given(st.text(min_size=1))
def test_no_name_can_smuggle_a_second_command_in(name: str) -> None:
    for row in KNOWN_CAUSES:
        for command in row.commands:
            values = dict.fromkeys(names_in(command), name)
            told = row.choose_command(values)
            plain = row.choose_command(dict.fromkeys(values, "x"))
            assert len(shlex.split(told)) == len(shlex.split(plain))
