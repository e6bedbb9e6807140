import json
import time
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from cdinfra.local.fault_types import ResourceAction, ResourceFault, ResourceFaultKind

ZONE = {"Fn::Select": [0, {"Fn::GetAZs": ""}]}


def network(cidr: str = "10.0.1.0/24", **more: Any) -> dict[str, Any]:
    return {
        "Vpc": {
            "Type": "AWS::EC2::VPC",
            "Properties": {
                "CidrBlock": "10.0.0.0/16",
                "Tags": [{"Key": "Name", "Value": {"Ref": "AWS::StackName"}}],
            },
        },
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "CidrBlock": cidr,
                "AvailabilityZone": ZONE,
                **more,
            },
        },
        "Routes": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
        "Association": {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"RouteTableId": {"Ref": "Routes"}, "SubnetId": {"Ref": "Subnet"}},
        },
    }


OUTPUTS = {"Outputs": {"SubnetId": {"Value": {"Ref": "Subnet"}}}}


def subnets(stacks: Any, name: str) -> list[Any]:
    found = stacks.clients.client("ec2").describe_subnets(
        Filters=[{"Name": "tag:aws:cloudformation:stack-name", "Values": [name]}]
    )
    return list(found["Subnets"])


def test_a_stack_of_resources_is_made_and_removed(stacks: Any) -> None:
    stack = stacks.create(network(), sections=OUTPUTS, Tags=[{"Key": "team", "Value": "x"}])

    assert stack["StackStatus"] == "CREATE_COMPLETE"
    (subnet,) = subnets(stacks, stack["StackName"])
    assert [one["OutputValue"] for one in stack["Outputs"]] == [subnet["SubnetId"]]
    tags = {tag["Key"]: tag["Value"] for tag in subnet["Tags"]}
    assert tags["team"] == "x"
    assert tags["aws:cloudformation:logical-id"] == "Subnet"

    assert stacks.delete(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert subnets(stacks, stack["StackName"]) == []


def test_a_replacement_takes_its_dependents_along(stacks: Any) -> None:
    name = stacks.create(network(), sections=OUTPUTS)["StackName"]
    before = stacks.physical_ids(name)
    stacks.api.create_change_set(
        StackName=name,
        ChangeSetName="move",
        TemplateBody=json.dumps({"Resources": network("10.0.2.0/24"), **OUTPUTS}),
    )

    shown = stacks.api.describe_change_set(
        StackName=name, ChangeSetName="move", IncludePropertyValues=True
    )
    changes = {
        one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"]
        for one in shown["Changes"]
    }
    assert changes.keys() == {"Subnet", "Association"}
    assert {one["Replacement"] for one in changes.values()} == {"True"}
    target = changes["Subnet"]["Details"][0]["Target"]
    assert (target["BeforeValue"], target["AfterValue"]) == ("10.0.1.0/24", "10.0.2.0/24")
    stacks.api.execute_change_set(StackName=name, ChangeSetName="move")
    stack = stacks.ended(name)

    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    after = stacks.physical_ids(name)
    assert {one for one in after if after[one] != before[one]} == {"Subnet", "Association"}
    (subnet,) = subnets(stacks, name)
    assert subnet["CidrBlock"] == "10.0.2.0/24"
    assert stack["Outputs"][0]["OutputValue"] == subnet["SubnetId"]


def test_a_failed_update_leaves_what_was(stacks: Any) -> None:
    name = stacks.create(network())["StackName"]
    before = stacks.physical_ids(name)
    stacks.local_cloud.control.add_fault(
        ResourceFault(
            kind=ResourceFaultKind.RESOURCE_FAILS,
            stack=name,
            logical_id="Late",
            action=ResourceAction.CREATE,
            reason="no capacity",
        )
    )
    late = {"Type": "AWS::Logs::LogGroup", "DependsOn": ["Association", "Vpc"]}

    stack = stacks.update(name, {**network("10.0.2.0/24", MapPublicIpOnLaunch=True), "Late": late})

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert ("Late", "CREATE_FAILED", "no capacity") in stacks.told(name)
    assert stacks.physical_ids(name) == before
    assert [one["CidrBlock"] for one in subnets(stacks, name)] == ["10.0.1.0/24"]


def test_a_failed_create_leaves_nothing(stacks: Any) -> None:
    resources = {
        **network(),
        "Bad": {
            "Type": "AWS::EC2::Subnet",
            "DependsOn": "Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "192.168.0.0/24"},
        },
    }

    stack = stacks.create(resources)

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert subnets(stacks, stack["StackName"]) == []
    reason = next(why for who, state, why in stacks.told(stack["StackName"]) if "FAILED" in state)
    assert "192.168.0.0/24" in reason


def test_drift_is_real(stacks: Any) -> None:
    name = stacks.create(network(), Tags=[{"Key": "team", "Value": "x"}])["StackName"]
    vpc = stacks.physical_ids(name)["Vpc"]
    stacks.clients.client("ec2").create_tags(
        Resources=[vpc], Tags=[{"Key": "Name", "Value": "other"}]
    )

    detection = stacks.api.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    deadline = time.monotonic() + 30
    found = {"DetectionStatus": "DETECTION_IN_PROGRESS"}
    while found["DetectionStatus"] == "DETECTION_IN_PROGRESS" and time.monotonic() < deadline:
        found = stacks.api.describe_stack_drift_detection_status(StackDriftDetectionId=detection)

    assert found["DetectionStatus"] == "DETECTION_COMPLETE", found
    assert (found["StackDriftStatus"], found["DriftedStackResourceCount"]) == ("DRIFTED", 1)
    drifts = stacks.api.describe_stack_resource_drifts(
        StackName=name, StackResourceDriftStatusFilters=["MODIFIED"]
    )["StackResourceDrifts"]
    assert [one["LogicalResourceId"] for one in drifts] == ["Vpc"]
    (difference,) = drifts[0]["PropertyDifferences"]
    assert (difference["ExpectedValue"], difference["ActualValue"]) == (name, "other")


def test_a_wait_condition_is_signalled_over_http(stacks: Any) -> None:
    name = stacks.name()
    resources = {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "30"},
        },
    }
    outputs = {"Data": {"Value": {"Fn::GetAtt": ["Wait", "Data"]}}}
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    stacks.api.create_stack(StackName=name, TemplateBody=body)
    handle = ""
    while not handle:
        handle = stacks.physical_ids(name).get("Handle", "")

    with pytest.raises(HTTPError) as caught:
        _put(handle, {"Status": "MAYBE", "UniqueId": "a"})
    assert caught.value.code == 400
    caught.value.close()
    _put(handle, {"Status": "SUCCESS", "UniqueId": "a", "Data": "up"})

    stack = stacks.ended(name)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == '{"a": "up"}'


def _put(address: str, document: dict[str, str]) -> None:
    request = Request(address, data=json.dumps(document).encode(), method="PUT")  # noqa: S310 - http, and our own
    with urlopen(request, timeout=10) as response:  # noqa: S310 - as above
        assert response.status == 200


def test_many_stacks_at_once_all_come_up(stacks: Any) -> None:
    body = json.dumps({"Resources": network()})
    names = [stacks.name() for _ in range(8)]
    for name in names:
        stacks.api.create_stack(StackName=name, TemplateBody=body)

    assert {stacks.ended(name)["StackStatus"] for name in names} == {"CREATE_COMPLETE"}


def test_a_protected_stack_stays(stacks: Any) -> None:
    stack = stacks.create(network(), EnableTerminationProtection=True)

    with pytest.raises(ClientError, match="while TerminationProtection is enabled"):
        stacks.api.delete_stack(StackName=stack["StackName"])
    stacks.api.update_termination_protection(
        StackName=stack["StackName"], EnableTerminationProtection=False
    )


def test_what_exists_is_imported_and_then_belongs_to_the_stack(stacks: Any) -> None:
    ec2 = stacks.clients.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    name = stacks.name()
    definition = {
        "Type": "AWS::EC2::VPC",
        "DeletionPolicy": "Delete",
        "Properties": {"CidrBlock": "10.9.0.0/16"},
    }
    stacks.api.create_change_set(
        StackName=name,
        ChangeSetName="adopt",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": {"Vpc": definition}}),
        ResourcesToImport=[
            {
                "ResourceType": "AWS::EC2::VPC",
                "LogicalResourceId": "Vpc",
                "ResourceIdentifier": {"VpcId": vpc},
            }
        ],
        Tags=[{"Key": "team", "Value": "x"}],
    )
    stacks.api.execute_change_set(StackName=name, ChangeSetName="adopt")

    stack = stacks.ended(name)
    assert stack["StackStatus"] == "IMPORT_COMPLETE", stacks.told(name)
    (found,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert {"Key": "team", "Value": "x"} in found["Tags"]
    assert stacks.delete(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Vpcs"] == []
