# mypy: disable-error-code="no-any-return"
import base64
from typing import Any

import pytest

from cdinfra.aws.connection import Clients
from cdinfra.local.resources.contract import Resource, ResourceError

Cloud = Any
"""The driver in conftest.py, which a test cannot import."""

GROUP = "AWS::AutoScaling::AutoScalingGroup"
ROLLING = {
    "AutoScalingRollingUpdate": {
        "MaxBatchSize": 1,
        "MinInstancesInService": 1,
        "PauseTime": "PT5M",
        "WaitOnResourceSignals": True,
        "SuspendProcesses": ["AZRebalance"],
    }
}
USER_DATA = "#cloud-config\n"


@pytest.fixture
def profile(cloud: Cloud) -> str:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = cloud.create("AWS::IAM::Role", {"AssumeRolePolicyDocument": trust})
    made = cloud.create("AWS::IAM::InstanceProfile", {"Roles": [role.physical_id]})
    return made.attributes["Arn"]


@pytest.fixture
def template(cloud: Cloud, vpc: str, profile: str) -> Resource:
    group = cloud.create("AWS::EC2::SecurityGroup", {"GroupDescription": "x", "VpcId": vpc})
    data = {
        "ImageId": "ami-12c6146b",
        "InstanceType": "t3.micro",
        "IamInstanceProfile": {"Arn": profile},
        "SecurityGroupIds": [group.physical_id],
        "UserData": base64.b64encode(USER_DATA.encode()).decode(),
        "MetadataOptions": {"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
        "Monitoring": {"Enabled": True},
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {"Encrypted": True, "VolumeType": "gp3", "VolumeSize": 20, "Iops": 4000},
            }
        ],
        "TagSpecifications": [
            {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "shop"}]}
        ],
    }
    return cloud.create("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": data})


def reference(template: Resource) -> dict[str, Any]:
    return {
        "LaunchTemplateId": template.physical_id,
        "Version": template.attributes["LatestVersionNumber"],
    }


def new_version(cloud: Cloud, template: Resource, **more: object) -> Resource:
    index = next(i for i, made in enumerate(cloud.made) if made[2] is template)
    data = cloud.made[index][1].properties["LaunchTemplateData"]
    return cloud.change(template, {"LaunchTemplateData": {**data, **more}})


def sized(template: Resource, subnets: list[str], **more: object) -> dict[str, Any]:
    return {
        "LaunchTemplate": reference(template),
        "MinSize": "1",
        "MaxSize": "4",
        "DesiredCapacity": "2",
        "VPCZoneIdentifier": subnets,
        **more,
    }


def instances(clients: Clients, name: str) -> list[dict[str, Any]]:
    found = clients.client("ec2").describe_instances(
        Filters=[
            {"Name": "tag:aws:autoscaling:groupName", "Values": [name]},
            {"Name": "instance-state-name", "Values": ["running"]},
        ]
    )["Reservations"]
    return [instance for reservation in found for instance in reservation["Instances"]]


SETTINGS: dict[str, Any] = {
    "AutoScalingGroupName": "web",
    "Cooldown": "60",
    "CapacityRebalance": True,
    "DefaultInstanceWarmup": 30,
    "DesiredCapacityType": "units",
    "InstanceMaintenancePolicy": {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 120},
    "AvailabilityZones": ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
    "ServiceLinkedRoleARN": "arn:aws:iam::123456789012:role/aws-service-role/x",
    "HealthCheckGracePeriod": 120,
    "HealthCheckType": "ELB",
    "MaxInstanceLifetime": 86400,
    "NewInstancesProtectedFromScaleIn": True,
    "TerminationPolicies": ["OldestInstance"],
    "MetricsCollection": [{"Granularity": "1Minute"}],
    "LifecycleHookSpecificationList": [
        {
            "LifecycleHookName": "drain",
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
            "HeartbeatTimeout": 60,
            "DefaultResult": "CONTINUE",
            "NotificationMetadata": "told",
        }
    ],
    "Tags": [
        {"Key": "DeployGroup", "Value": "web", "PropagateAtLaunch": True},
        {"Key": "team", "Value": "web", "PropagateAtLaunch": False},
    ],
}
CHANGED_SETTINGS: dict[str, Any] = {
    "MinSize": "0",
    "MaxSize": "5",
    "DesiredCapacity": "3",
    "Cooldown": None,
    "CapacityRebalance": None,
    "HealthCheckType": "EC2",
    "HealthCheckGracePeriod": 60,
    "MetricsCollection": None,
    "NewInstancesProtectedFromScaleIn": None,
    "LifecycleHookSpecificationList": None,
    "TerminationPolicies": None,
    "Tags": [{"Key": "DeployGroup", "Value": "api", "PropagateAtLaunch": True}],
}


def test_a_group_lives_with_every_setting(
    cloud: Cloud, template: Resource, subnets: list[str]
) -> None:
    properties = {**sized(template, subnets), **SETTINGS}
    assert cloud.lives(GROUP, properties, CHANGED_SETTINGS)


def test_instances_get_all_that_their_template_and_group_say(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str], profile: str
) -> None:
    tags = [{"Key": "DeployGroup", "Value": "web", "PropagateAtLaunch": True}]
    group = cloud.create(GROUP, sized(template, subnets, Tags=tags, DesiredCapacity="3"))
    found = instances(clients, group.physical_id)
    assert sorted(instance["SubnetId"] for instance in found) == sorted(subnets)
    first = found[0]
    assert first["InstanceType"] == "t3.micro"
    assert first["IamInstanceProfile"]["Arn"] == profile
    assert first["MetadataOptions"]["HttpTokens"] == "required"
    assert first["MetadataOptions"]["InstanceMetadataTags"] == "enabled"
    assert first["Monitoring"]["State"] == "enabled"
    assert len(first["SecurityGroups"]) == 1
    shown = {tag["Key"]: tag["Value"] for tag in first["Tags"]}
    assert shown["DeployGroup"] == "web"
    assert shown["app"] == "shop"
    assert shown["aws:cloudformation:stack-name"] == "shop-dev-web"
    assert shown["aws:ec2launchtemplate:version"] == "1"
    ids = [item["Ebs"]["VolumeId"] for item in first["BlockDeviceMappings"]]
    volumes = clients.client("ec2").describe_volumes(VolumeIds=ids)["Volumes"]
    data = next(volume for volume in volumes if volume["Size"] == 20)
    assert (data["VolumeType"], data["Encrypted"], data["Iops"]) == ("gp3", True, 4000)
    assert {"Key": "Name", "Value": "shop"} in data["Tags"]
    attribute = clients.client("ec2").describe_instance_attribute(
        InstanceId=first["InstanceId"], Attribute="userData"
    )
    assert base64.b64decode(attribute["UserData"]["Value"]).decode() == USER_DATA


def test_without_an_update_policy_running_instances_stay(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    group = cloud.create(GROUP, sized(template, subnets))
    before = {item["InstanceId"] for item in instances(clients, group.physical_id)}
    template = new_version(cloud, template, InstanceType="t3.small")
    group = cloud.change(group, sized(template, subnets))
    assert {item["InstanceId"] for item in instances(clients, group.physical_id)} == before
    cloud.change(group, sized(template, subnets, DesiredCapacity="3"))
    types = [item["InstanceType"] for item in instances(clients, group.physical_id)]
    assert sorted(types) == ["t3.micro", "t3.micro", "t3.small"]


def test_scaling_in_takes_the_oldest_version_and_spares_the_protected(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    group = cloud.create(GROUP, sized(template, subnets[:1]))
    template = new_version(cloud, template, InstanceType="t3.small")
    group = cloud.change(group, sized(template, subnets[:1], DesiredCapacity="4"))
    group = cloud.change(group, sized(template, subnets[:1]))
    found = instances(clients, group.physical_id)
    assert {item["InstanceType"] for item in found} == {"t3.small"}
    clients.client("autoscaling").set_instance_protection(
        AutoScalingGroupName=group.physical_id,
        InstanceIds=[item["InstanceId"] for item in found],
        ProtectedFromScaleIn=True,
    )
    cloud.change(group, sized(template, subnets[:1], DesiredCapacity="1"))
    assert len(instances(clients, group.physical_id)) == 2


def test_instances_are_spread_over_the_zones_on_the_way_up_and_down(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    spread = []
    group = cloud.create(GROUP, sized(template, subnets[:2]))
    for desired in ("4", "3", "2"):
        group = cloud.change(group, sized(template, subnets[:2], DesiredCapacity=desired))
        found = [item["SubnetId"] for item in instances(clients, group.physical_id)]
        spread.append(sorted(found.count(name) for name in subnets))
    assert spread == [[0, 2, 2], [0, 1, 2], [0, 1, 1]]


def test_scaling_in_looks_for_the_fullest_zone_among_the_protected_too(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    group = cloud.create(GROUP, sized(template, subnets[:1], DesiredCapacity="3"))
    first, second, _ = instances(clients, group.physical_id)
    clients.client("autoscaling").set_instance_protection(
        AutoScalingGroupName=group.physical_id,
        InstanceIds=[first["InstanceId"], second["InstanceId"]],
        ProtectedFromScaleIn=True,
    )
    group = cloud.change(group, sized(template, subnets[:2], DesiredCapacity="4"))
    cloud.change(group, sized(template, subnets[:2], DesiredCapacity="3"))
    left = [item["SubnetId"] for item in instances(clients, group.physical_id)]
    assert [left.count(name) for name in subnets] == [2, 1, 0]


def test_a_rolling_update_leaves_the_zones_even(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    group = cloud.create(GROUP, sized(template, subnets, DesiredCapacity="3"))
    template = new_version(cloud, template, InstanceType="t3.small")
    rolling = {**ROLLING["AutoScalingRollingUpdate"], "MinInstancesInService": 3}
    group = cloud.change(
        group,
        sized(template, subnets, DesiredCapacity="3"),
        update_policy={"AutoScalingRollingUpdate": rolling},
    )
    found = instances(clients, group.physical_id)
    assert {item["InstanceType"] for item in found} == {"t3.small"}
    assert sorted(item["SubnetId"] for item in found) == sorted(subnets)


class Signals:
    """Hosts that signal, or do not."""

    def __init__(self, clients: Clients, fail_at: int | None = None) -> None:
        self.clients = clients
        self.fail_at = fail_at
        self.waits: list[tuple[int, float, tuple[str, ...]]] = []
        self.notes: list[str] = []
        self.running: list[int] = []

    def wait(self, percent: int, timeout: float, ids: tuple[str, ...]) -> None:
        self.waits.append((percent, timeout, ids))
        found = self.clients.client("ec2").describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
        )["Reservations"]
        self.running.append(sum(len(item["Instances"]) for item in found))
        if self.fail_at == len(self.waits):
            raise ResourceError("Received 1 FAILURE signal(s)")


def test_a_rolling_update_replaces_batch_by_batch_and_waits_for_signals(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    group = cloud.create(GROUP, sized(template, subnets))
    before = {item["InstanceId"] for item in instances(clients, group.physical_id)}
    template = new_version(cloud, template, InstanceType="t3.small")
    hosts = Signals(clients)
    group = cloud.change(
        group,
        sized(template, subnets),
        update_policy=ROLLING,
        wait_for_signals=hosts.wait,
        note=hosts.notes.append,
    )
    after = instances(clients, group.physical_id)
    assert {item["InstanceType"] for item in after} == {"t3.small"}
    assert not before & {item["InstanceId"] for item in after}
    assert [(percent, timeout, len(ids)) for percent, timeout, ids in hosts.waits] == [
        (100, 300, 1)
    ] * 2
    assert hosts.notes[0].startswith("Rolling update initiated. Terminating 2 obsolete")
    assert hosts.notes[-1].startswith("New instance(s) added to autoscaling group - Waiting on 1")
    found = clients.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[group.physical_id]
    )["AutoScalingGroups"][0]
    assert (found["MinSize"], found["DesiredCapacity"]) == (1, 2)
    assert found["SuspendedProcesses"] == []
    assert len(found["Instances"]) == 2


def test_a_group_of_one_that_must_stay_in_service_grows_before_it_shrinks(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    sizes = {"DesiredCapacity": "1", "MaxSize": "2"}
    group = cloud.create(GROUP, sized(template, subnets, **sizes))
    template = new_version(cloud, template, InstanceType="t3.small")
    hosts = Signals(clients)
    group = cloud.change(
        group,
        sized(template, subnets, **sizes),
        update_policy=ROLLING,
        wait_for_signals=hosts.wait,
        note=hosts.notes.append,
    )
    assert hosts.running == [2]
    assert "MinSize and DesiredCapacity to 2" in hosts.notes[1]
    assert "replacing with 0 new instance(s)" in hosts.notes[3]
    assert [item["InstanceType"] for item in instances(clients, group.physical_id)] == ["t3.small"]


def test_a_failed_rolling_update_is_rolled_back_by_another_one(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    old = sized(template, subnets)
    group = cloud.create(GROUP, old)
    template = new_version(cloud, template, InstanceType="t3.small")
    hosts = Signals(clients, fail_at=1)
    kept = next(made for made in cloud.made if made[2] is group)[1]
    with pytest.raises(ResourceError, match="FAILURE"):
        cloud.types[GROUP].update(
            cloud.request(
                sized(template, subnets), update_policy=ROLLING, wait_for_signals=hosts.wait
            ),
            group,
            kept.properties,
        )
    types = sorted(item["InstanceType"] for item in instances(clients, group.physical_id))
    assert types == ["t3.micro", "t3.small"]
    cloud.types[GROUP].update(
        cloud.request(old, update_policy=ROLLING, wait_for_signals=hosts.wait),
        group,
        sized(template, subnets),
    )
    types = [item["InstanceType"] for item in instances(clients, group.physical_id)]
    assert types == ["t3.micro", "t3.micro"]
    assert len(hosts.waits) == 2


def test_a_replacing_update_is_refused(
    cloud: Cloud, template: Resource, subnets: list[str]
) -> None:
    policy = {"AutoScalingReplacingUpdate": {"WillReplace": True}}
    with pytest.raises(ResourceError, match="does not carry AutoScalingReplacingUpdate"):
        cloud.create(GROUP, sized(template, subnets), update_policy=policy)


def test_a_mixed_group_has_spot_and_on_demand_instances(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": reference(template),
            "Overrides": [{"InstanceType": "m5.large"}, {"InstanceType": "m5a.large"}],
        },
        "InstancesDistribution": {
            "OnDemandBaseCapacity": 1,
            "OnDemandPercentageAboveBaseCapacity": 0,
            "SpotAllocationStrategy": "price-capacity-optimized",
        },
    }
    properties = sized(template, subnets, MixedInstancesPolicy=policy, DesiredCapacity="3")
    del properties["LaunchTemplate"]
    group = cloud.lives(GROUP, properties, {"DesiredCapacity": "4"})
    found = instances(clients, group.physical_id)
    assert {item["InstanceType"] for item in found} == {"m5.large"}
    assert sorted(item.get("InstanceLifecycle", "on-demand") for item in found) == [
        "on-demand",
        "spot",
        "spot",
    ]


def test_an_instance_that_is_terminated_by_hand_is_replaced(
    cloud: Cloud, clients: Clients, template: Resource, subnets: list[str]
) -> None:
    group = cloud.create(GROUP, sized(template, subnets))
    gone = instances(clients, group.physical_id)[0]["InstanceId"]
    clients.client("ec2").terminate_instances(InstanceIds=[gone])
    found = instances(clients, group.physical_id)
    assert len(found) == 2
    assert gone not in {item["InstanceId"] for item in found}
