import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from cdinfra.aws.connection import Clients
from cdinfra.errors import InvalidInputError
from cdinfra.local.control_client import ControlClient
from cdinfra.local.fault_types import CallFault, CallFaultKind
from cdinfra.local.process import LocalCloud, start, stop

OTHER_ACCOUNT = "210987654321"


@pytest.fixture
def control(local_cloud: LocalCloud) -> Iterator[ControlClient]:
    yield local_cloud.control
    local_cloud.control.clear_faults()


def raw(cloud: LocalCloud, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", cloud.port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def calls(control: ControlClient, name: str) -> int:
    return int(control.health()["calls"].get(name, 0))


ONE_CALL_EACH = [
    ("ec2", "describe_vpcs", "DescribeVpcs"),
    ("s3", "list_buckets", "ListBuckets"),
    ("ssm", "describe_parameters", "DescribeParameters"),
    ("autoscaling", "describe_auto_scaling_groups", "DescribeAutoScalingGroups"),
    ("elbv2", "describe_load_balancers", "DescribeLoadBalancers"),
    ("iam", "list_roles", "ListRoles"),
    ("ecr", "describe_repositories", "DescribeRepositories"),
    ("logs", "describe_log_groups", "DescribeLogGroups"),
    ("cloudwatch", "describe_alarms", "DescribeAlarms"),
    ("secretsmanager", "list_secrets", "ListSecrets"),
    ("sts", "get_caller_identity", "GetCallerIdentity"),
    ("cloudformation", "list_stacks", "ListStacks"),
]

CODES = {
    CallFaultKind.THROTTLED: {
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "SlowDown",
    },
    CallFaultKind.EXPIRED_TOKEN: {"ExpiredToken", "ExpiredTokenException", "RequestExpired"},
    CallFaultKind.ACCESS_DENIED: {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
    },
    CallFaultKind.INTERNAL_ERROR: {"InternalError", "InternalFailure"},
}


@pytest.mark.parametrize(("service", "method", "operation"), ONE_CALL_EACH)
def test_each_service_answers_and_its_calls_are_counted(
    service: str,
    method: str,
    operation: str,
    clients: Callable[[], Clients],
    control: ControlClient,
) -> None:
    before = calls(control, f"{service}:{operation}")
    answer = getattr(clients().client(service), method)()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert calls(control, f"{service}:{operation}") == before + 1


@pytest.fixture(scope="module")
def once(local_cloud: LocalCloud) -> Callable[[str], BaseClient]:
    """Clients that never try again: ``once("ec2")``."""
    session = Session()
    session.set_credentials("local", "local")

    @cache
    def client(service: str) -> BaseClient:
        made: BaseClient = session.create_client(
            service,
            region_name="eu-central-1",
            endpoint_url=local_cloud.endpoint_url,
            config=Config(retries={"total_max_attempts": 1}),
        )
        return made

    return client


@pytest.mark.parametrize("kind", sorted(CODES))
@pytest.mark.parametrize(("service", "method", "operation"), ONE_CALL_EACH)
def test_each_service_fails_in_its_own_words_when_asked_to(
    service: str,
    method: str,
    operation: str,
    kind: CallFaultKind,
    once: Callable[[str], BaseClient],
    control: ControlClient,
) -> None:
    control.add_fault(CallFault(kind=kind, service=service, operation=operation, times=1))
    client = once(service)
    with pytest.raises(ClientError) as error:
        getattr(client, method)()
    assert error.value.response["Error"]["Code"] in CODES[kind]
    assert error.value.response["Error"]["Message"]
    assert getattr(client, method)()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_boto3_gets_through_a_service_that_throttles_for_a_while(
    clients: Callable[[], Clients], control: ControlClient
) -> None:
    before = calls(control, "cloudformation:ListExports")
    control.add_fault(
        CallFault(
            kind=CallFaultKind.THROTTLED, service="cloudformation", operation="List*", times=2
        )
    )
    assert clients().client("cloudformation").list_exports()["Exports"] == []
    assert calls(control, "cloudformation:ListExports") == before + 3
    assert [each.struck for each in control.faults()] == [2]


def test_a_fault_is_shown_and_can_be_taken_back(control: ControlClient) -> None:
    fault = CallFault(kind=CallFaultKind.SLOW_CALL, service="s3", seconds=0.5)
    active = control.add_fault(fault)
    assert active.fault == fault
    assert control.faults() == (active,)
    control.clear_faults(active.fault_id)
    assert control.faults() == ()
    with pytest.raises(InvalidInputError, match=active.fault_id):
        control.clear_faults(active.fault_id)


@pytest.mark.parametrize(
    ("service", "method", "arguments"),
    [
        ("ssm", "send_command", {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-1"]}),
        ("ssm", "describe_instance_information", {}),
        ("ec2", "get_console_output", {"InstanceId": "i-00000001"}),
        (
            "ec2-instance-connect",
            "send_ssh_public_key",
            {"InstanceId": "i-00000001", "InstanceOSUser": "x", "SSHPublicKey": "x" * 80},
        ),
        ("elbv2", "describe_target_health", {"TargetGroupArn": "arn:x"}),
        ("autoscaling", "start_instance_refresh", {"AutoScalingGroupName": "x"}),
        ("ec2", "describe_fast_launch_images", {}),
    ],
)
def test_what_has_no_true_answer_is_refused_at_once(
    service: str, method: str, arguments: dict[str, object], clients: Callable[[], Clients]
) -> None:
    with pytest.raises(ClientError, match="the local cloud does not carry") as error:
        getattr(clients().client(service), method)(**arguments)
    assert error.value.response["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.parametrize("path", ["/moto-api/reset", "/latest/meta-data/", "/favicon.ico"])
def test_what_moto_adds_of_its_own_is_not_reachable(local_cloud: LocalCloud, path: str) -> None:
    for prefix in ("", "/_cdinfra/internal/123456789012"):
        assert raw(local_cloud, "GET", prefix + path, {})[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Host": "127.0.0.1.attacker.example:4566"},
        {"Host": "localhost.attacker.example"},
        {"Host": "["},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_web_pages_and_foreign_names_are_refused(
    local_cloud: LocalCloud, headers: dict[str, str]
) -> None:
    for path in ("/_cdinfra/health", "/", "/_cdinfra/internal/"):
        status, body = raw(local_cloud, "GET", path, headers)
        assert status == 403, body


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:80", "bucket.localhost:80"])
def test_names_of_this_machine_are_answered(local_cloud: LocalCloud, host: str) -> None:
    assert raw(local_cloud, "GET", "/_cdinfra/health", {"Host": host})[0] == 200


def test_a_bad_request_to_the_control_addresses_is_explained(local_cloud: LocalCloud) -> None:
    connection = HTTPConnection("127.0.0.1", local_cloud.port, timeout=10)
    connection.request("POST", "/_cdinfra/faults", body=b"{")
    response = connection.getresponse()
    assert response.status == 400
    assert json.load(response)["problems"][0]["message"] == "must be a JSON object"
    connection.request("GET", "/_cdinfra/nothing")
    response = connection.getresponse()
    assert response.status == 400
    assert "not answered here" in json.load(response)["problems"][0]["message"]
    connection.close()


def client_of_another_account(cloud: LocalCloud, clients: Clients, service: str) -> Any:
    """Return a client with a role in another account."""
    role = clients.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/deployer", RoleSessionName="test"
    )["Credentials"]
    return boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url=cloud.endpoint_url,
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    )


def test_regions_and_accounts_are_apart(
    local_cloud: LocalCloud, clients: Callable[..., Clients]
) -> None:
    clients("eu-west-1").client("ssm").put_parameter(Name="/apart", Value="1", Type="String")
    with pytest.raises(ClientError, match="ParameterNotFound"):
        clients("us-east-1").client("ssm").get_parameter(Name="/apart")
    other = client_of_another_account(local_cloud, clients(), "sts")
    assert other.get_caller_identity()["Account"] == OTHER_ACCOUNT


def test_a_stack_makes_its_resources_in_the_account_that_it_belongs_to(
    local_cloud: LocalCloud, clients: Callable[..., Clients]
) -> None:
    own = clients("eu-west-1")
    own.client("ssm").put_parameter(Name="/two/port", Value="1", Type="String")
    theirs = client_of_another_account(local_cloud, own, "ssm")
    theirs.put_parameter(Name="/two/port", Value="2", Type="String")
    name = {"Type": "String", "Name": "/two/made", "Value": "{{resolve:ssm:/two/port}}"}
    resources = {"Made": {"Type": "AWS::SSM::Parameter", "Properties": name}}
    stacks = client_of_another_account(local_cloud, own, "cloudformation")

    stacks.create_stack(StackName="two", TemplateBody=json.dumps({"Resources": resources}))
    stacks.get_waiter("stack_create_complete").wait(
        StackName="two", WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
    )

    assert theirs.get_parameter(Name="/two/made")["Parameter"]["Value"] == "2"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        own.client("ssm").get_parameter(Name="/two/made")
    image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert theirs.get_parameter(Name=image)["Parameter"]["Value"].startswith("ami-")


def test_a_large_body_and_an_empty_one_come_through_one_connection(
    clients: Callable[[], Clients],
) -> None:
    s3 = clients().client("s3")
    s3.create_bucket(
        Bucket="front-bodies", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    content = os.urandom(3_000_000)
    for body in (content, b"", content):
        s3.put_object(Bucket="front-bodies", Key="a b/ü+%.bin", Body=body, Metadata={"x_y": "1"})
        answer = s3.get_object(Bucket="front-bodies", Key="a b/ü+%.bin")
        assert answer["Body"].read() == body
        assert answer["Metadata"] == {"x_y": "1"}
    assert s3.head_object(Bucket="front-bodies", Key="a b/ü+%.bin")["ContentLength"] == 3_000_000


def test_credentials_of_the_environment_are_never_used(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    environ = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7REALKEY",
        "AWS_SECRET_ACCESS_KEY": "real-secret",
        "AWS_PROFILE": "no-such-profile",
        "AWS_ENDPOINT_URL": "http://192.0.2.1",
        "HTTP_PROXY": "http://192.0.2.1:3128",
        "http_proxy": "http://192.0.2.1:3128",
        "TEST_SERVER_MODE": "true",
    }
    cloud = start(state_dir, environ=environ)
    try:
        running = Path(f"/proc/{cloud.pid}/environ").read_bytes()
        assert b"REALKEY" not in running
        assert b"real-secret" not in running
        # The proxy is kept for building images alone, under a name that no library knows.
        lines = (line.partition(b"=") for line in running.split(b"\0"))
        leading = {name for name, _, value in lines if b"192.0.2.1" in value}
        assert leading == {b"CDINFRA_BUILDS_http_proxy"}
        clients = Clients(cloud.connection())
        assert clients.client("cloudformation").list_stacks()["StackSummaries"] == []
        assert clients.client("ec2").describe_vpcs()["Vpcs"]
    finally:
        stop(state_dir)
