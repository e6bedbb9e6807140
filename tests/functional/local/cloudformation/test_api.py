import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from botocore.exceptions import ClientError

VPC = {"V": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}}


def post(stacks: Any, **form: str) -> tuple[int, str]:
    """Send a call as an unchecked form."""
    address = urlsplit(stacks.local_cloud.endpoint_url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=30)
    scope = "Credential=local/20300101/eu-central-1/cloudformation/aws4_request"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
    }
    connection.request("POST", "/", urlencode(form, quote_via=quote), headers)
    with closing(connection), connection.getresponse() as response:
        return response.status, response.read().decode()


def test_a_stack_is_created_described_and_deleted_with_the_clients_own_waiters(
    stacks: Any,
) -> None:
    name = stacks.name()
    given = {"StackName": name, "TemplateBody": json.dumps({"Resources": VPC})}
    stack_id = stacks.api.create_stack(**given, ClientRequestToken="tok")["StackId"]
    quick = {"Delay": 0.05, "MaxAttempts": 400}
    stacks.api.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=quick)

    events = stacks.api.describe_stack_events(StackName=name)["StackEvents"]
    assert {event["ClientRequestToken"] for event in events} == {"tok"}
    assert events[0]["ResourceStatus"] == "CREATE_COMPLETE"

    stacks.api.delete_stack(StackName=name)
    stacks.api.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig=quick)
    with pytest.raises(ClientError) as caught:
        stacks.api.describe_stacks(StackName=name)
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ValidationError",
        "Message": f"Stack with id {name} does not exist",
    }


def test_a_template_comes_back_as_it_went(stacks: Any) -> None:
    yaml = 'Description: "<&> ü \'"\nResources:\n  V:\n    Type: AWS::Logs::LogGroup\n'
    name = stacks.name()
    stacks.api.create_stack(StackName=name, TemplateBody=yaml)
    stacks.ended(name)

    assert stacks.api.get_template(StackName=name)["TemplateBody"] == yaml
    assert stacks.api.describe_stacks(StackName=name)["Stacks"][0]["Description"] == "<&> ü '"


def test_each_error_is_the_class_that_the_client_knows(stacks: Any) -> None:
    name = stacks.create(VPC)["StackName"]
    api = stacks.api
    body = json.dumps({"Resources": VPC})

    with pytest.raises(api.exceptions.AlreadyExistsException):
        api.create_stack(StackName=name, TemplateBody=body)
    with pytest.raises(api.exceptions.ChangeSetNotFoundException):
        api.describe_change_set(StackName=name, ChangeSetName="none")
    api.create_change_set(StackName=name, ChangeSetName="same", TemplateBody=body)
    with pytest.raises(api.exceptions.InvalidChangeSetStatusException):
        api.execute_change_set(StackName=name, ChangeSetName="same")


def test_an_operation_that_is_not_carried_is_refused_by_name(stacks: Any) -> None:
    with pytest.raises(ClientError, match="does not carry cloudformation:ListStackSets"):
        stacks.api.list_stack_sets()


def test_a_call_without_what_it_needs_is_refused(stacks: Any) -> None:
    status, body = post(stacks, Action="CreateStack")

    assert status == 400
    assert "Value null at 'stackName'" in body


def test_a_call_with_words_for_a_number_is_refused(stacks: Any) -> None:
    status, body = post(stacks, Action="CreateStack", StackName="a", TimeoutInMinutes="soon")

    assert status == 400
    assert "<Code>MalformedInput</Code>" in body


def test_a_template_that_is_far_too_large_is_refused_as_such(stacks: Any) -> None:
    status, body = post(stacks, Action="CreateStack", StackName="a", TemplateBody="x" * 1_500_000)

    assert status == 400
    assert "templateBody" in body


@pytest.mark.parametrize("name", ["<script>", "a b", "ü", "a" * 200, "1a"])
def test_a_hostile_name_is_refused_in_readable_xml(stacks: Any, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        stacks.api.describe_stacks(StackName=name)

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert name in caught.value.response["Error"]["Message"]


def test_every_region_has_stacks_of_its_own(stacks: Any, clients: Any) -> None:
    name = stacks.create({"L": {"Type": "AWS::Logs::LogGroup"}})["StackName"]

    elsewhere = clients("us-east-1").client("cloudformation")
    with pytest.raises(ClientError, match="does not exist"):
        elsewhere.describe_stacks(StackName=name)


def test_a_template_is_fetched_from_a_bucket(stacks: Any) -> None:
    bucket = stacks.name()
    s3 = stacks.clients.client("s3")
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    body = json.dumps({"Resources": VPC, "Metadata": {"filler": "x" * 60_000}})
    s3.put_object(Bucket=bucket, Key="t.json", Body=body.encode())
    name = stacks.name()

    for url in (
        f"{stacks.local_cloud.endpoint_url}/{bucket}/t.json",
        f"https://{bucket}.s3.eu-central-1.amazonaws.com/t.json",
    ):
        stacks.api.validate_template(TemplateURL=url)
    stacks.api.create_stack(StackName=name, TemplateURL=url)

    assert stacks.ended(name)["StackStatus"] == "CREATE_COMPLETE"
