from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.aws.connection import Clients, Connection
from cdinfra.local.resources.calls import invoke, kept, reported, same, truth
from cdinfra.local.resources.contract import ResourceError


@pytest.fixture(scope="module")
def clients() -> Clients:
    return Clients(Connection(endpoint_url="http://127.0.0.1:1", region="eu-central-1"))


@pytest.fixture
def logs(clients: Clients) -> Iterator[Any]:
    client = clients.client("logs")
    with Stubber(client) as stubber:
        yield client, stubber


def test_words_become_the_numbers_that_the_api_wants(logs: tuple[Any, Stubber]) -> None:
    client, stubber = logs
    expected = {"logGroupName": "web", "retentionInDays": 30}
    stubber.add_response("put_retention_policy", {}, expected)
    invoke(
        client.put_retention_policy,
        {"logGroupName": "web", "retentionInDays": "30"},
    )
    stubber.assert_no_pending_responses()


def test_what_is_none_is_left_out(logs: tuple[Any, Stubber]) -> None:
    client, stubber = logs
    stubber.add_response("create_log_group", {}, {"logGroupName": "web"})
    invoke(client.create_log_group, {"logGroupName": "web", "kmsKeyId": None})
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Nonsense": 1}, "unsupported property Nonsense"),
        ({"MetadataOptions": {"HttpTokenz": "x"}}, "HttpTokenz at /MetadataOptions"),
        ({"MetadataOptions": "required"}, "/MetadataOptions: expected type: object"),
        ({"SecurityGroupIds": "sg-1"}, "/SecurityGroupIds: expected type: array"),
        ({"MinCount": "many"}, "/MinCount: expected type: Number"),
        ({"EbsOptimized": "maybe"}, "/EbsOptimized: expected type: Boolean"),
        ({"ImageId": ["ami-1"]}, "/ImageId: expected type: string"),
    ],
)
def test_what_does_not_fit_the_api_is_refused_by_its_path(
    clients: Clients, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(ResourceError, match=message):
        invoke(clients.client("ec2").run_instances, parameters)


@pytest.mark.parametrize(
    ("service", "shown"),
    [
        ("ec2", "Ec2"),
        ("elbv2", "ElasticLoadBalancingV2"),
        ("iam", "Iam"),
        ("s3", "S3"),
        ("logs", "CloudWatchLogs"),
        ("autoscaling", "AutoScaling"),
    ],
)
def test_a_refusal_reads_as_cloudformation_writes_it(
    clients: Clients, service: str, shown: str
) -> None:
    client = clients.client(service)
    answer = {
        "Error": {"Code": "InvalidVpcID.NotFound", "Message": "The vpc ID 'x' does not exist"},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "4f2a"},
    }
    with (
        pytest.raises(ResourceError) as refused,
        reported(client, token="t0", physical_id="vpc-1"),
    ):
        raise client.exceptions.ClientError(answer, "DescribeVpcs")
    assert refused.value.physical_id == "vpc-1"
    assert refused.value.reason == (
        "Resource handler returned message: \"The vpc ID 'x' does not exist "
        f'(Service: {shown}, Status Code: 400, Request ID: 4f2a)" '
        "(RequestToken: t0, HandlerErrorCode: NotFound)"
    )


def test_what_was_made_is_known_when_a_later_step_fails(clients: Clients) -> None:
    with (
        pytest.raises(ResourceError) as refused,
        reported(clients.client("ec2"), physical_id="vpc-1"),
    ):
        raise ResourceError("no")
    assert refused.value.physical_id == "vpc-1"


VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_every_value_is_kept_by_itself(value: object) -> None:
    kept(value, value, "Property")
    kept({"a": value}, {"a": value, "b": 1}, "Property")


@pytest.mark.parametrize(
    ("wanted", "actual"),
    [
        ({"a": 1}, {}),
        ({"a": 1}, None),
        ([1, 2], [1]),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}),
        ([{"a": 1}], [{"a": 2}]),
    ],
)
def test_what_a_service_lost_is_refused(wanted: object, actual: object) -> None:
    with pytest.raises(ResourceError, match="does not carry Property"):
        kept(wanted, actual, "Property")


def test_numbers_and_truth_values_are_the_same_in_any_form() -> None:
    assert same(80, "80")
    assert same(0, 0.0)
    assert same("true", right=True)
    assert not same("a", "b")
    assert not same(None, 1)


def test_a_word_that_is_no_truth_value_is_refused() -> None:
    assert truth("True")
    assert not truth("false")
    with pytest.raises(ResourceError, match="Boolean"):
        truth("yes")
