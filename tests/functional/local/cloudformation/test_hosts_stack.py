from typing import Any

from cdinfra.local.fault_types import ResourceFault, ResourceFaultKind

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


def hosts(size: int = 2, instance_type: str = "t3.micro") -> dict[str, Any]:
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24"},
        },
        "Template": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": {
                    "ImageId": f"{{{{resolve:ssm:{IMAGE}}}}}",
                    "InstanceType": instance_type,
                }
            },
        },
        "Group": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "CreationPolicy": {"ResourceSignal": {"Count": size, "Timeout": "PT1M"}},
            "UpdatePolicy": {
                "AutoScalingRollingUpdate": {
                    "MinInstancesInService": 1,
                    "MaxBatchSize": 1,
                    "PauseTime": "PT1M",
                    "WaitOnResourceSignals": True,
                }
            },
            "Properties": {
                "MinSize": str(size),
                "MaxSize": "4",
                "VPCZoneIdentifier": [{"Ref": "Subnet"}],
                "LaunchTemplate": {
                    "LaunchTemplateId": {"Ref": "Template"},
                    "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]},
                },
                "Tags": [{"Key": "DeployGroup", "Value": "web", "PropagateAtLaunch": True}],
            },
        },
    }


def instances(stacks: Any, name: str) -> list[Any]:
    pages = stacks.clients.client("ec2").get_paginator("describe_instances")
    return [
        instance
        for page in pages.paginate(
            Filters=[
                {"Name": "tag:aws:cloudformation:stack-name", "Values": [name]},
                {"Name": "instance-state-name", "Values": ["running"]},
            ]
        )
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    ]


def test_a_group_comes_up_signalled_rolls_and_goes(stacks: Any) -> None:
    stack = stacks.create(hosts())
    name = stack["StackName"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.told(name)
    first = {one["InstanceId"] for one in instances(stacks, name)}
    assert len(first) == 2
    signals = [why for who, _, why in stacks.told(name) if why.startswith("Received SUCCESS")]
    assert {one.split()[5] for one in signals} == first
    assert all("hosts are not booted" in one for one in signals)

    stack = stacks.update(name, hosts(instance_type="t3.small"))

    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.told(name)
    second = instances(stacks, name)
    assert {one["InstanceType"] for one in second} == {"t3.small"}
    assert not {one["InstanceId"] for one in second} & first
    deleted = stacks.delete(stack["StackId"])
    assert deleted["StackStatus"] == "DELETE_COMPLETE", "\n".join(
        map(str, stacks.told(stack["StackId"]))
    )
    assert instances(stacks, name) == []


def test_hosts_that_fail_take_the_stack_back(stacks: Any) -> None:
    name = stacks.create(hosts())["StackName"]
    stacks.local_cloud.control.add_fault(
        ResourceFault(kind=ResourceFaultKind.HOST_FAILS, stack=name, times=1)
    )

    stack = stacks.update(name, hosts(instance_type="t3.small"))

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", stacks.told(name)
    assert {one["InstanceType"] for one in instances(stacks, name)} == {"t3.micro"}, "\n".join(
        map(str, stacks.told(name))
    )
    assert any("FAILURE signal" in why for *_, why in stacks.told(name))
