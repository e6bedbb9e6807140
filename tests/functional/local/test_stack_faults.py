import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from mypy_boto3_cloudformation import CloudFormationClient

from cdinfra.aws.connection import Clients
from cdinfra.local.clock import Clock
from cdinfra.local.control_client import ControlClient
from cdinfra.local.fault_types import ResourceAction, ResourceFault, ResourceFaultKind
from cdinfra.local.process import LocalCloud

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
GROUP = {
    "Type": "AWS::EC2::SecurityGroup",
    "Properties": {"GroupDescription": "web", "VpcId": {"Ref": "Vpc"}},
}
HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
WAIT = {
    "Type": "AWS::CloudFormation::WaitCondition",
    "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "60", "Count": 1},
}


@pytest.fixture
def control(local_cloud: LocalCloud) -> Iterator[ControlClient]:
    yield local_cloud.control
    local_cloud.control.clear_faults()


@pytest.fixture
def cloudformation(clients: Callable[[], Clients]) -> CloudFormationClient:
    client: CloudFormationClient = clients().client("cloudformation")
    return client


def template(**resources: object) -> str:
    return json.dumps({"Resources": resources})


def status(cloudformation: CloudFormationClient, stack: str) -> str:
    return str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])


def ended(cloudformation: CloudFormationClient, stack: str) -> str:
    """Wait for the end of a stack's operation and return its status."""
    assert Clock().wait_until(
        lambda: not status(cloudformation, stack).endswith("_IN_PROGRESS"), seconds=30
    )
    return status(cloudformation, stack)


def reasons(cloudformation: CloudFormationClient, stack: str, logical_id: str) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        event.get("ResourceStatusReason", "")
        for event in events
        if event["LogicalResourceId"] == logical_id
    ]


def test_a_resource_that_is_made_to_fail_rolls_the_stack_back(
    cloudformation: CloudFormationClient, control: ControlClient
) -> None:
    control.add_fault(
        ResourceFault(
            kind=ResourceFaultKind.RESOURCE_FAILS,
            stack="faults-fails",
            logical_id="Group",
            action=ResourceAction.CREATE,
            reason="no capacity in this zone",
            times=1,
        )
    )
    body = template(Vpc=VPC, Group=GROUP)
    stack = cloudformation.create_stack(StackName="faults-fails", TemplateBody=body)["StackId"]
    assert ended(cloudformation, stack) == "ROLLBACK_COMPLETE"
    assert "no capacity in this zone" in reasons(cloudformation, stack, "Group")
    assert [each.struck for each in control.faults()] == [1]


def test_a_deletion_that_fails_once_succeeds_the_second_time(
    cloudformation: CloudFormationClient, control: ControlClient
) -> None:
    name = "faults-delete"
    body = template(Vpc=VPC)
    stack = cloudformation.create_stack(StackName=name, TemplateBody=body)["StackId"]
    assert ended(cloudformation, stack) == "CREATE_COMPLETE"
    control.add_fault(
        ResourceFault(
            kind=ResourceFaultKind.RESOURCE_FAILS,
            stack=name,
            action=ResourceAction.DELETE,
            reason="has dependencies",
            times=1,
        )
    )
    cloudformation.delete_stack(StackName=name)
    assert ended(cloudformation, stack) == "DELETE_FAILED"
    cloudformation.delete_stack(StackName=name)
    assert ended(cloudformation, stack) == "DELETE_COMPLETE"


def test_a_wait_condition_is_signalled_at_its_handle(cloudformation: CloudFormationClient) -> None:
    body = template(Handle=HANDLE, Wait=WAIT)
    stack = cloudformation.create_stack(StackName="faults-wait", TemplateBody=body)["StackId"]

    def handles() -> list[str]:
        resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        return [
            each["PhysicalResourceId"]
            for each in resources
            if each["LogicalResourceId"] == "Handle" and each.get("PhysicalResourceId")
        ]

    assert Clock().wait_until(lambda: bool(handles()), seconds=10)
    handle = urlsplit(handles()[0])
    connection = HTTPConnection(handle.netloc, timeout=10)
    document = {"Status": "SUCCESS", "UniqueId": "1", "Reason": "", "Data": "ready"}
    connection.request("PUT", handle.path, body=json.dumps(document))
    assert connection.getresponse().status == 200
    connection.close()
    assert ended(cloudformation, stack) == "CREATE_COMPLETE"


def test_a_slow_resource_holds_its_stack_up_and_then_succeeds(
    cloudformation: CloudFormationClient, control: ControlClient
) -> None:
    control.add_fault(
        ResourceFault(
            kind=ResourceFaultKind.RESOURCE_SLOW, stack="faults-slow", seconds=0.5, times=1
        )
    )
    body = template(Vpc=VPC)
    stack = cloudformation.create_stack(StackName="faults-slow", TemplateBody=body)["StackId"]
    assert status(cloudformation, stack) == "CREATE_IN_PROGRESS"
    assert ended(cloudformation, stack) == "CREATE_COMPLETE"


HOST_NETWORK = {
    "Vpc": VPC,
    "Subnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24"},
    },
}
HOSTS = {
    "Template": {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateData": {"ImageId": {"Ref": "Image"}}},
    },
    "Hosts": {
        "Type": "AWS::AutoScaling::AutoScalingGroup",
        "CreationPolicy": {"ResourceSignal": {"Count": 2, "Timeout": "PT1S"}},
        "Properties": {
            "MinSize": "2",
            "MaxSize": "2",
            "VPCZoneIdentifier": [{"Ref": "Subnet"}],
            "LaunchTemplate": {
                "LaunchTemplateId": {"Ref": "Template"},
                "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]},
            },
        },
    },
}
HOSTS_TEMPLATE = json.dumps(
    {
        "Parameters": {
            "Image": {
                "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
                "Default": "/aws/service/debian/release/12/latest/amd64",
            }
        },
        "Resources": HOST_NETWORK | HOSTS,
    }
)


def test_hosts_that_are_sound_make_the_stack_complete(
    cloudformation: CloudFormationClient,
) -> None:
    stack = cloudformation.create_stack(StackName="faults-none", TemplateBody=HOSTS_TEMPLATE)
    assert ended(cloudformation, stack["StackId"]) == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ResourceFaultKind.HOST_FAILS, "Received 1 FAILURE signal(s) out of 2"),
        (ResourceFaultKind.HOST_SILENT, "Failed to receive 1 resource signal(s)"),
    ],
)
def test_a_host_that_does_not_signal_success_fails_its_group(
    kind: ResourceFaultKind,
    words: str,
    cloudformation: CloudFormationClient,
    control: ControlClient,
) -> None:
    name = f"faults-{kind}"
    control.add_fault(ResourceFault(kind=kind, stack=name, logical_id="Hosts", times=1))
    stack = cloudformation.create_stack(StackName=name, TemplateBody=HOSTS_TEMPLATE)["StackId"]
    assert ended(cloudformation, stack) == "ROLLBACK_COMPLETE"
    assert any(words in reason for reason in reasons(cloudformation, stack, "Hosts"))
