# mypy: disable-error-code="no-any-return"
import base64
from typing import Any

import pytest

from cdinfra.aws.connection import Clients
from cdinfra.local.resources.contract import ResourceError

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""

TAGS = [{"Key": "Name", "Value": "host"}, {"Key": "team", "Value": "web"}]
ROOT = {
    "VolumeSize": 20,
    "VolumeType": "gp3",
    "Encrypted": True,
    "Iops": 4000,
    "DeleteOnTermination": True,
}
TRUST = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture
def subnet(cloud: Cloud, vpc: str) -> str:
    properties = {"VpcId": vpc, "CidrBlock": "10.7.1.0/24", "AvailabilityZone": "eu-central-1a"}
    return cloud.create("AWS::EC2::Subnet", properties).physical_id


@pytest.fixture
def group(cloud: Cloud, vpc: str) -> str:
    properties = {"GroupDescription": "x", "VpcId": vpc}
    return cloud.create("AWS::EC2::SecurityGroup", properties).physical_id


@pytest.fixture
def profile(cloud: Cloud) -> str:
    role = cloud.create("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST})
    return cloud.create("AWS::IAM::InstanceProfile", {"Roles": [role.physical_id]}).physical_id


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def host(subnet: str, **more: object) -> dict[str, Any]:
    return {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "SubnetId": subnet, **more}


def test_an_instance_lives_with_every_setting(
    cloud: Cloud, vpc: str, subnet: str, group: str, profile: str
) -> None:
    other = cloud.create("AWS::EC2::SecurityGroup", {"GroupDescription": "y", "VpcId": vpc})
    properties = host(
        subnet,
        SecurityGroupIds=[group],
        IamInstanceProfile=profile,
        UserData=encoded("#cloud-config\n"),
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        Monitoring=True,
        EbsOptimized=True,
        SourceDestCheck=False,
        PrivateIpAddress="10.7.1.10",
        InstanceInitiatedShutdownBehavior="terminate",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": ROOT}],
        Tags=TAGS,
    )
    change = {
        "InstanceType": "t3.small",
        "UserData": encoded("#cloud-config\n# more\n"),
        "SecurityGroupIds": [other.physical_id],
        "MetadataOptions": {"HttpTokens": "optional", "HttpPutResponseHopLimit": 2},
        "SourceDestCheck": None,
        "IamInstanceProfile": None,
        "InstanceInitiatedShutdownBehavior": "stop",
        "Tags": TAGS[:1],
    }
    made = cloud.lives("AWS::EC2::Instance", properties, change)
    assert made.attributes["PrivateIp"] == "10.7.1.10"
    assert made.attributes["AvailabilityZone"] == "eu-central-1a"


def test_a_protected_instance_is_not_deleted(cloud: Cloud, subnet: str) -> None:
    made = cloud.create("AWS::EC2::Instance", host(subnet, DisableApiTermination=True))
    assert cloud.read(made)["DisableApiTermination"] is True
    with pytest.raises(ResourceError, match="disableApiTermination"):
        cloud.delete(made)
    made = cloud.change(made, host(subnet))
    cloud.delete(made)


def test_other_volumes_mean_another_instance_and_another_type_does_not(cloud: Cloud) -> None:
    instance = cloud.types["AWS::EC2::Instance"]
    volumes = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}}]
    assert instance.must_replace({"BlockDeviceMappings": volumes}, {})
    assert not instance.must_replace({"InstanceType": "t3.small"}, {"InstanceType": "t3.micro"})


def test_an_instance_of_a_launch_template_takes_everything_from_it(
    cloud: Cloud, clients: Clients, subnet: str, group: str, profile: str
) -> None:
    arn = f"arn:aws:iam::123456789012:instance-profile/{profile}"
    data = {
        "ImageId": "ami-12c6146b",
        "InstanceType": "t3.large",
        "IamInstanceProfile": {"Arn": arn},
        "MetadataOptions": {"HttpTokens": "required"},
        "NetworkInterfaces": [
            {
                "DeviceIndex": 0,
                "SubnetId": subnet,
                "Groups": [group],
                "AssociatePublicIpAddress": True,
            }
        ],
        "TagSpecifications": [
            {"ResourceType": "network-interface", "Tags": [{"Key": "Name", "Value": "nic"}]}
        ],
    }
    template = cloud.create("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": data})
    reference = {"LaunchTemplateId": template.physical_id, "Version": "1"}
    made = cloud.create("AWS::EC2::Instance", {"LaunchTemplate": reference})
    found = clients.client("ec2").describe_instances(InstanceIds=[made.physical_id])
    instance = found["Reservations"][0]["Instances"][0]
    assert instance["InstanceType"] == "t3.large"
    assert instance["SubnetId"] == subnet
    assert instance["PublicIpAddress"]
    assert instance["IamInstanceProfile"]["Arn"] == arn
    assert [item["GroupId"] for item in instance["SecurityGroups"]] == [group]
    nic = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    tags = clients.client("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [nic]}])[
        "Tags"
    ]
    assert [(tag["Key"], tag["Value"]) for tag in tags] == [("Name", "nic")]
    assert cloud.read(made)["LaunchTemplate"] == reference


def test_a_profile_that_is_not_there_launches_nothing(
    cloud: Cloud, clients: Clients, subnet: str
) -> None:
    arn = "arn:aws:iam::123456789012:instance-profile/none"
    data = {"ImageId": "ami-12c6146b", "IamInstanceProfile": {"Arn": arn}}
    template = cloud.create("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": data})
    reference = {"LaunchTemplateId": template.physical_id, "Version": "1"}
    before = clients.client("ec2").describe_instances()["Reservations"]
    with pytest.raises(ResourceError, match="Resource handler returned message"):
        cloud.create("AWS::EC2::Instance", {"LaunchTemplate": reference, "SubnetId": subnet})
    assert clients.client("ec2").describe_instances()["Reservations"] == before


def test_a_volume_grows_and_does_not_shrink_or_move(cloud: Cloud) -> None:
    properties = {
        "AvailabilityZone": "eu-central-1a",
        "Size": 100,
        "VolumeType": "gp3",
        "Iops": 3000,
        "Throughput": 125,
        "Encrypted": True,
        "Tags": TAGS,
    }
    made = cloud.create("AWS::EC2::Volume", properties)
    made = cloud.change(made, {**properties, "Size": 200, "Iops": 4000, "Tags": TAGS[:1]})
    assert {name: cloud.read(made)[name] for name in ("Size", "Iops", "Tags")} == {
        "Size": 200,
        "Iops": 4000,
        "Tags": TAGS[:1],
    }
    with pytest.raises(ResourceError, match="smaller"):
        cloud.change(made, properties)
    with pytest.raises(ResourceError, match="Update of AvailabilityZone is not supported"):
        cloud.change(made, {**properties, "AvailabilityZone": "eu-central-1b"})


def test_a_volume_is_attached_in_its_zone_and_to_one_instance(cloud: Cloud, subnet: str) -> None:
    made = cloud.create("AWS::EC2::Instance", host(subnet)).physical_id
    place = {"AvailabilityZone": "eu-central-1a", "Size": 8}
    volume = cloud.create("AWS::EC2::Volume", place).physical_id
    properties = {"InstanceId": made, "VolumeId": volume, "Device": "/dev/sdf"}
    assert cloud.lives("AWS::EC2::VolumeAttachment", properties)
    with pytest.raises(ResourceError, match="already attached"):
        cloud.create("AWS::EC2::VolumeAttachment", properties)
    far = {**place, "AvailabilityZone": "eu-central-1b"}
    far_volume = cloud.create("AWS::EC2::Volume", far).physical_id
    with pytest.raises(ResourceError, match="not in the same availability zone"):
        cloud.create("AWS::EC2::VolumeAttachment", {**properties, "VolumeId": far_volume})


def test_an_address_belongs_to_an_instance_in_either_way(cloud: Cloud, subnet: str) -> None:
    made = cloud.create("AWS::EC2::Instance", host(subnet)).physical_id
    address = cloud.create("AWS::EC2::EIP", {"Domain": "vpc"})
    properties = {"AllocationId": address.attributes["AllocationId"], "InstanceId": made}
    assert cloud.lives("AWS::EC2::EIPAssociation", properties)
    other = cloud.create("AWS::EC2::Instance", host(subnet)).physical_id
    assert cloud.lives("AWS::EC2::EIP", {"InstanceId": other}, {"InstanceId": None})
