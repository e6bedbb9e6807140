import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.cloudformation.api_error import ApiError
from cdinfra.local.cloudformation.stack_lookup import check_name

BODY = json.dumps({"Resources": {"A": {"Type": "AWS::SNS::Topic"}}})
ROLE = json.dumps(
    {"Resources": {"A": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}}}
)


def refused(cfn: Any, **given_: Any) -> str:
    return str(cfn.refused("CreateStack", StackName="one", **given_))


def test_a_template_is_given_exactly_once(cfn: Any) -> None:
    words = "Either Template URL or Template Body must be specified."
    assert refused(cfn) == words
    assert refused(cfn, TemplateBody=BODY, TemplateURL="https://b.s3.amazonaws.com/k") == words


def test_a_template_that_is_too_large_for_a_request_is_refused(cfn: Any) -> None:
    body = json.dumps({"Description": "x" * 51_200})

    assert "'templateBody' failed to satisfy constraint: Member must have length less than" in (
        refused(cfn, TemplateBody=body)
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://bucket.s3.amazonaws.com/folder/t.json",
        "https://bucket.s3.eu-central-1.amazonaws.com/folder/t.json",
        "https://s3.eu-central-1.amazonaws.com/bucket/folder/t.json",
        "http://127.0.0.1:9/bucket/folder/t.json",
    ],
)
def test_a_template_comes_from_a_bucket(cfn: Any, cloud: Any, url: str) -> None:
    cloud.objects[("bucket", "folder/t.json")] = BytesIO(BODY.encode())

    cfn.call("CreateStack", StackName="one", TemplateURL=url)

    assert cfn.settled("one").status == "CREATE_COMPLETE"


def test_a_template_that_is_not_in_a_bucket_is_refused(cfn: Any) -> None:
    assert refused(cfn, TemplateURL="https://bucket.s3.amazonaws.com/none") == (
        "S3 error: The specified key does not exist."
    )
    assert refused(cfn, TemplateURL="https://example.com/t.json") == (
        "TemplateURL must be a supported URL."
    )


def test_a_template_in_a_bucket_may_be_large_but_not_huge(cfn: Any, cloud: Any) -> None:
    filler = json.dumps({**json.loads(BODY), "Metadata": {"x": "x" * 60_000}})
    cloud.objects[("bucket", "fits")] = BytesIO(filler.encode())
    cloud.objects[("bucket", "huge")] = BytesIO(b" " * 1_000_001)

    cfn.call("CreateStack", StackName="two", TemplateURL="https://bucket.s3.amazonaws.com/fits")
    assert cfn.settled("two").status == "CREATE_COMPLETE"
    assert "may not exceed 1000000 bytes" in refused(
        cfn, TemplateURL="https://bucket.s3.amazonaws.com/huge"
    )


def test_capabilities_must_be_acknowledged(cfn: Any) -> None:
    with pytest.raises(ApiError) as caught:
        cfn.call("CreateStack", StackName="one", TemplateBody=ROLE)

    assert caught.value.code == "InsufficientCapabilitiesException"
    assert caught.value.message == "Requires capabilities : [CAPABILITY_IAM]"
    for capability in ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"):
        name = capability.replace("_", "-")
        cfn.call("CreateStack", StackName=name, TemplateBody=ROLE, Capabilities=[capability])
        assert cfn.settled(name).version.capabilities == (capability,)


def test_parameters_are_checked(cfn: Any) -> None:
    body = json.dumps({**json.loads(BODY), "Parameters": {"Word": {"Type": "String"}}})

    assert refused(cfn, TemplateBody=body) == "Parameters: [Word] must have values"


def test_a_parameter_of_ssm_is_read(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.parameters["/image"] = "ami-1"
    declared = {"Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image"}}

    stack = cfn.create("one", {"A": topic(DisplayName={"Ref": "Image"})}, Declared=declared)

    assert stack.resources["A"].properties == {"DisplayName": "ami-1"}
    shown = cfn.call("DescribeStacks", StackName="one")["Stacks"][0]["Parameters"]
    assert shown == [
        {"ParameterKey": "Image", "ParameterValue": "/image", "ResolvedValue": "ami-1"}
    ]


def test_dynamic_references_are_resolved_for_resources_and_not_shown(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.secrets["db"] = '{"password": "hunter2"}'
    cloud.parameters["/name"] = "shop"
    resources = {
        "A": topic(DisplayName="{{resolve:secretsmanager:db:SecretString:password:AWSCURRENT}}"),
        "B": topic(DisplayName="{{resolve:ssm:/name}}"),
    }

    stack = cfn.create("one", resources)

    assert stack.resources["A"].properties == {"DisplayName": "hunter2"}
    assert stack.resources["B"].properties == {"DisplayName": "shop"}
    assert cloud.secret_versions == [{"VersionStage": "AWSCURRENT"}]
    assert all("hunter2" not in event.properties for event in stack.events)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("{{resolve:ssm:/none}}", "there is no parameter /none in SSM"),
        (
            "{{resolve:secretsmanager:none:SecretString:a}}",
            "Secrets Manager can't find the specified secret.",
        ),
        ("{{resolve:secretsmanager:db:SecretString:none}}", "JSONKey in SecretString: none"),
    ],
)
def test_a_dynamic_reference_that_leads_nowhere_fails_its_resource(
    cfn: Any, cloud: Any, topic: Any, reference: str, words: str
) -> None:
    cloud.secrets["db"] = "{}"

    cfn.create("one", {"A": topic(DisplayName=reference)})

    assert any(words in reason for _, status, reason in cfn.told("one") if "FAILED" in status)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"Tags": [{"Key": f"k{n}", "Value": "v"} for n in range(51)]}, "'tags' failed"),
        ({"Tags": [{"Key": "aws:x", "Value": "v"}]}, "aws: prefixed tag key names"),
        ({"Tags": [{"Key": "k", "Value": "v" * 257}]}, "'tags.member.value' failed"),
        ({"Tags": [{"Key": "k" * 129, "Value": "v"}]}, "'tags.member.key' failed"),
        ({"Tags": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]}, "Duplicate tag keys"),
        ({"NotificationARNs": [f"arn:{n}" for n in range(6)]}, "'notificationARNs' failed"),
        (
            {"RollbackConfiguration": {"RollbackTriggers": [{}] * 6}},
            "'rollbackConfiguration.rollbackTriggers' failed",
        ),
        (
            {"RollbackConfiguration": {"MonitoringTimeInMinutes": 181}},
            "'rollbackConfiguration.monitoringTimeInMinutes' failed",
        ),
        (
            {"ResourceTypes": ["AWS::EC2::*"]},
            "Resource type AWS::SNS::Topic is not allowed by parameter ResourceTypes [AWS::EC2::*]",
        ),
    ],
)
def test_settings_are_checked(cfn: Any, given_: dict[str, Any], words: str) -> None:
    assert words in refused(cfn, TemplateBody=BODY, **given_)
    assert cfn.state.find("one") is None


def test_settings_are_kept_and_shown(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.topics["arn:1"] = []
    cloud.roles["deployer"] = trust("cloudformation.amazonaws.com")
    role = "arn:aws:iam::123456789012:role/deployer"
    configuration = {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}
    cfn.create(
        "one",
        {"A": topic()},
        NotificationARNs=["arn:1"],
        RollbackConfiguration=configuration,
        RoleARN=role,
        TimeoutInMinutes=7,
        EnableTerminationProtection=True,
    )

    cfn.update("one", {"A": topic(DisplayName="b")})

    shown = cfn.call("DescribeStacks", StackName="one")["Stacks"][0]
    assert shown["NotificationARNs"] == ["arn:1"]
    assert shown["RollbackConfiguration"] == configuration
    assert (shown["RoleARN"], shown["TimeoutInMinutes"]) == (role, 7)
    assert shown["EnableTerminationProtection"] is True


def trust(*services: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}
    return {"Statement": [statement]}


@pytest.mark.parametrize(
    "document", [None, trust(), trust("ec2.amazonaws.com"), {"Statement": {"Effect": "Deny"}}]
)
def test_a_role_that_cloudformation_cannot_assume_is_refused(
    cfn: Any, cloud: Any, topic: Any, document: Any
) -> None:
    if document is not None:
        cloud.roles["deployer"] = document
    given = {"StackName": "one", "TemplateBody": json.dumps({"Resources": {"A": topic()}})}
    role = "arn:aws:iam::123456789012:role/deployer"
    expected = f"Role {role} is invalid or cannot be assumed"
    assert cfn.refused("CreateStack", **given, RoleARN=role) == expected
    assert cfn.refused(
        "CreateChangeSet", **given, RoleARN=role, ChangeSetName="c", ChangeSetType="CREATE"
    ) == (expected)
    assert cfn.state.find("one") is None


def test_a_stack_cannot_be_deleted_without_its_role(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.roles["deployer"] = trust("cloudformation.amazonaws.com")
    role = "arn:aws:iam::123456789012:role/deployer"
    cfn.create("one", {"A": topic()}, RoleARN=role)
    cloud.roles["other"] = cloud.roles.pop("deployer")
    expected = f"Role {role} is invalid or cannot be assumed"
    assert cfn.refused("DeleteStack", StackName="one") == expected
    stack = cfn.delete("one", RoleARN="arn:aws:iam::123456789012:role/other")
    assert stack.status == "DELETE_COMPLETE"


def test_a_topic_that_does_not_exist_is_refused(cfn: Any, topic: Any) -> None:
    given = {"StackName": "one", "TemplateBody": json.dumps({"Resources": {"A": topic()}})}
    message = cfn.refused("CreateStack", **given, NotificationARNs=["arn:nobody"])
    assert message == "Notification topic [arn:nobody] does not exist"


@given(name=st.from_regex(r"[a-zA-Z][-a-zA-Z0-9]{0,127}", fullmatch=True))
def test_an_allowed_name_is_allowed(name: str) -> None:
    check_name(name)


@given(
    name=st.one_of(
        st.from_regex(r"[a-zA-Z][-a-zA-Z0-9]{128,160}", fullmatch=True),
        st.text().filter(lambda text: not text[:1].isascii() or not text[:1].isalpha()),
    )
)
def test_a_forbidden_name_is_refused(name: str) -> None:
    with pytest.raises(ApiError, match="'stackName' failed to satisfy constraint"):
        check_name(name)
