"""The hosts' role, evaluated: what it allows, and above all what it does not."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest

from cdinfra.model import StackTemplate

WITHOUT_RESOURCES = {
    "ecr:GetAuthorizationToken": "logging in concerns the whole registry",
    "ec2messages:AcknowledgeMessage": "the service knows no resources",
    "ec2messages:DeleteMessage": "the service knows no resources",
    "ec2messages:FailMessage": "the service knows no resources",
    "ec2messages:GetEndpoint": "the service knows no resources",
    "ec2messages:GetMessages": "the service knows no resources",
    "ec2messages:SendReply": "the service knows no resources",
    "ssmmessages:CreateControlChannel": "the service knows no resources",
    "ssmmessages:CreateDataChannel": "the service knows no resources",
    "ssmmessages:OpenControlChannel": "the service knows no resources",
    "ssmmessages:OpenDataChannel": "the service knows no resources",
}
"""Actions for which IAM has no resource level, and so the only ones allowed on ``*``.

Source: Service Authorization Reference.
"""

PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-dev-web/1",
    "RegistryWebArn": "arn:aws:ecr:eu-west-1:123456789012:repository/shop-dev/web",
    "RegistryWorkerArn": "arn:aws:ecr:eu-west-1:123456789012:repository/shop-dev/worker",
    "LogGroup.Arn": "arn:aws:logs:eu-west-1:123456789012:log-group:/cdinfra/shop/dev/web:*",
    "DataVolume": "vol-1",
    "ElasticIp.AllocationId": "eipalloc-1",
}
EC2 = "arn:aws:ec2:eu-west-1:123456789012:"
SSM = "arn:aws:ssm:eu-west-1:123456789012:"
SECRETS = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
ANY_KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"


def resolve(value: Any) -> Any:
    match value:
        case {"Ref": str(name)}:
            return PSEUDO[name]
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return PSEUDO[f"{name}.{attribute}"]
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: PSEUDO[found[1]], text)
        case dict():
            return {key: resolve(item) for key, item in value.items()}
        case list():
            return [resolve(item) for item in value]
        case _:
            return value


def statements(template: StackTemplate) -> Iterator[Mapping[str, Any]]:
    for resource in json.loads(template.body)["Resources"].values():
        properties = resource.get("Properties", {})
        for policy in properties.get("Policies", ()):
            yield from policy["PolicyDocument"]["Statement"]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield from properties["PolicyDocument"]["Statement"]


def allows(template: StackTemplate, action: str, resource: str, **context: str) -> bool:
    return any(
        any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        and any(fnmatchcase(resource, pattern) for pattern in resolve(statement["Resource"]))
        and holds(resolve(statement.get("Condition", {})), context)
        for statement in statements(template)
    )


def holds(condition: Mapping[str, Mapping[str, str]], context: Mapping[str, str]) -> bool:
    return all(
        fnmatchcase(context.get(re.sub(r"[^A-Za-z]", "_", key), "(absent)"), wanted)
        for operator in condition.values()
        for key, wanted in operator.items()
    )


@pytest.fixture
def web(templates: Mapping[str, StackTemplate]) -> StackTemplate:
    return templates["docker-hosts"]


@pytest.fixture
def jenkins(templates: Mapping[str, StackTemplate]) -> StackTemplate:
    return templates["docker-host"]


def test_nothing_is_allowed_on_every_resource_but_what_has_no_resource(
    template: StackTemplate,
) -> None:
    found = {
        action
        for statement in statements(template)
        if "*" in statement["Resource"]
        for action in statement["Action"]
    }
    assert found <= WITHOUT_RESOURCES.keys()


def test_no_policy_allows_whole_services(template: StackTemplate) -> None:
    assert not [a for s in statements(template) for a in s["Action"] if "*" in a]


def test_every_statement_allows_and_says_what_for(template: StackTemplate) -> None:
    found = [s for s in statements(template) if "Sid" in s]
    assert all(statement["Effect"] == "Allow" for statement in found)
    assert len({statement["Sid"] for statement in found}) >= len(found) // 2


def test_a_host_pulls_from_its_own_repositories_only(web: StackTemplate) -> None:
    assert allows(web, "ecr:BatchGetImage", PSEUDO["RegistryWebArn"])
    assert not allows(web, "ecr:BatchGetImage", PSEUDO["RegistryWorkerArn"])
    assert not allows(web, "ecr:PutImage", PSEUDO["RegistryWebArn"])


def test_a_host_without_repositories_cannot_even_log_in(
    templates: Mapping[str, StackTemplate],
) -> None:
    assert not allows(templates["docker-host-bare"], "ecr:GetAuthorizationToken", "*")


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        ("parameter/shop/dev/web/db-password", True),
        ("parameter/shop/dev/web/nested/key", True),
        ("parameter/shop/dev/website/db-password", False),
        ("parameter/shop/production/web/db-password", False),
        ("parameter/other/dev/web/db-password", False),
    ],
)
def test_a_host_reads_the_parameters_under_its_own_path_only(
    web: StackTemplate, resource: str, allowed: bool
) -> None:
    assert allows(web, "ssm:GetParameter", SSM + resource) is allowed


def test_a_host_reads_the_secrets_under_its_own_path_only(web: StackTemplate) -> None:
    assert allows(web, "secretsmanager:GetSecretValue", f"{SECRETS}/shop/dev/web/db-AbCdEf")
    assert not allows(web, "secretsmanager:GetSecretValue", f"{SECRETS}/shop/dev/db-AbCdEf")


def test_a_host_decrypts_its_own_secrets_only_and_only_through_their_service(
    web: StackTemplate,
) -> None:
    own = f"{SSM}parameter/shop/dev/web/db-password"
    through_ssm = {"kms_ViaService": "ssm.eu-west-1.amazonaws.com"}
    assert allows(
        web, "kms:Decrypt", ANY_KEY, **through_ssm, kms_EncryptionContext_PARAMETER_ARN=own
    )
    assert not allows(web, "kms:Decrypt", ANY_KEY, kms_EncryptionContext_PARAMETER_ARN=own)
    other = own.replace("/web/", "/worker/")
    assert not allows(
        web, "kms:Decrypt", ANY_KEY, **through_ssm, kms_EncryptionContext_PARAMETER_ARN=other
    )


def test_a_host_writes_its_own_logs_and_makes_no_log_group(web: StackTemplate) -> None:
    own = "arn:aws:logs:eu-west-1:123456789012:log-group:/cdinfra/shop/dev/web:log-stream:x"
    assert allows(web, "logs:PutLogEvents", own)
    assert not allows(web, "logs:PutLogEvents", own.replace("/web:", "/worker:"))
    assert not allows(web, "logs:CreateLogGroup", own)


def test_a_host_signals_its_own_stack_only(web: StackTemplate) -> None:
    own = PSEUDO["AWS::StackId"]
    assert allows(web, "cloudformation:SignalResource", own)
    assert not allows(web, "cloudformation:SignalResource", own.replace("-web/", "-worker/"))


def test_a_fixed_host_attaches_its_own_volume_to_hosts_of_its_own_group(
    jenkins: StackTemplate,
) -> None:
    tag = "aws_ResourceTag_DeployGroup"
    assert allows(jenkins, "ec2:AttachVolume", f"{EC2}volume/vol-1")
    assert not allows(jenkins, "ec2:AttachVolume", f"{EC2}volume/vol-2")
    assert allows(jenkins, "ec2:AttachVolume", f"{EC2}instance/i-1", **{tag: "shop-dev-jenkins"})
    assert not allows(jenkins, "ec2:AttachVolume", f"{EC2}instance/i-2", **{tag: "shop-dev-web"})
    assert not allows(jenkins, "ec2:DetachVolume", f"{EC2}volume/vol-1")


def test_a_fixed_host_takes_its_own_address_only(jenkins: StackTemplate) -> None:
    assert allows(jenkins, "ec2:AssociateAddress", f"{EC2}elastic-ip/eipalloc-1")
    assert not allows(jenkins, "ec2:AssociateAddress", f"{EC2}elastic-ip/eipalloc-2")


def test_ordinary_hosts_attach_nothing(web: StackTemplate) -> None:
    assert not allows(web, "ec2:AttachVolume", f"{EC2}volume/vol-1")
    assert not allows(web, "ec2:AssociateAddress", f"{EC2}elastic-ip/eipalloc-1")


def test_only_ec2_hands_the_role_out(web: StackTemplate) -> None:
    trust = web.document["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]
    (statement,) = json.loads(json.dumps(trust))["Statement"]
    assert statement["Principal"] == {"Service": ["ec2.amazonaws.com"]}
    assert statement["Action"] == ["sts:AssumeRole"]
