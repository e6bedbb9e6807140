"""Tags, stacks and target groups of a local cloud that boots no hosts."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cdinfra.aws.cloud import Aws, connect
from cdinfra.deploy.deployer import Deployer
from cdinfra.model import App, BuildContext, Retained, StackTemplate
from cdinfra.rollout.find_group import find_group
from cdinfra.rollout.fleet_view import AwsFleetView
from cdinfra.rollout.group_stack import (
    describe_group_stack,
    describe_scaling_group,
    moved_parameters,
)
from cdinfra.rollout.tagger import AwsTagger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdinfra.aws.connection import Clients
    from cdinfra.local.process import LocalCloud
    from cdinfra.rollout.group import DeployGroup

NUMBERS = count(1)
OLD, NEW = (f"shop/web@sha256:{digit * 64}" for digit in "01")
AMI_TYPE = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"


class Foundation:
    name = "foundation"
    foundational = True

    def build(self, context: BuildContext) -> StackTemplate:
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={
                "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
                "Outputs": {"BucketName": {"Value": {"Ref": "Bucket"}}},
            },
        )


class Web:
    name = "web"
    foundational = False

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter

    def build(self, context: BuildContext) -> StackTemplate:
        group_name = context.stack_name(self.name)
        tags = {"DeployGroup": group_name, "cdinfra:release": {"Ref": "Release"}}
        group = {
            "MinSize": "2",
            "MaxSize": "2",
            "AvailabilityZones": ["eu-central-1a"],
            "LaunchTemplate": {
                "LaunchTemplateId": {"Ref": "Template"},
                "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]},
            },
            "Tags": [
                {"Key": key, "Value": value, "PropagateAtLaunch": True}
                for key, value in tags.items()
            ],
        }
        data = {"ImageId": {"Ref": "ImageId"}, "InstanceType": "t3.micro"}
        return StackTemplate(
            name=self.name,
            stack_name=group_name,
            document={
                "Parameters": {
                    "Release": {"Type": "String", "Default": ""},
                    "ImageId": {"Type": AMI_TYPE, "Default": self.parameter},
                },
                "Resources": {
                    "Template": {
                        "Type": "AWS::EC2::LaunchTemplate",
                        "Properties": {"LaunchTemplateData": data},
                    },
                    "Group": {
                        "Type": "AWS::AutoScaling::AutoScalingGroup",
                        "Properties": group,
                        "UpdatePolicy": {"AutoScalingRollingUpdate": {"PauseTime": "PT0S"}},
                    },
                },
                "Outputs": {
                    "DeployGroup": {"Value": group_name},
                    "GroupName": {"Value": {"Ref": "Group"}},
                },
            },
            parameters={"Release": Retained(initial=OLD)},
            tags=context.all_tags(),
        )


@pytest.fixture
def images(clients: Callable[..., Clients]) -> list[str]:
    """Machine images that the local EC2 has."""
    found = clients().client("ec2").describe_images(Owners=["amazon"])["Images"]
    return [each["ImageId"] for each in found[:2]]


@pytest.fixture
def parameter(clients: Callable[..., Clients], images: list[str]) -> str:
    name = f"/edges/{next(NUMBERS)}/ami"
    ssm = clients().client("ssm")
    ssm.put_parameter(Name=name, Type="String", Value=images[0], DataType="aws:ec2:image")
    return name


@pytest.fixture
def aws(local_cloud: LocalCloud) -> Aws:
    return connect(local_cloud.connection())


@pytest.fixture
def app(aws: Aws, parameter: str) -> Iterator[App]:
    app = App(f"edges{next(NUMBERS)}", env="dev", owner="team")
    app.add(Foundation())
    app.add(Web(parameter))
    with Deployer(aws, app) as deployer:
        result = deployer.execute(deployer.preview(deployer.plan_up()))
        assert not result.failed
        yield app
        deployer.execute(deployer.preview(deployer.plan_down()))


@pytest.fixture
def group(aws: Aws, app: App) -> DeployGroup:
    return find_group(aws, app, "web")


def no_pause(_: float) -> None:
    """Go on at once: the local cloud is as fast as it is."""


def test_the_release_of_a_stack_changes_by_its_parameter_and_replaces_no_host(
    aws: Aws, app: App, group: DeployGroup, images: list[str]
) -> None:
    tagger, fleet = AwsTagger(aws, group), AwsFleetView(aws, group)
    before = fleet.list_hosts()
    assert (group.name, len(before)) == (f"{app.name}-dev-web", 2)
    tagger.set_release(NEW, no_pause)
    stack = describe_group_stack(aws, group)
    assert (tagger.read_release(), stack.resolved["ImageId"]) == (NEW, images[0])
    scaling = describe_scaling_group(aws, stack)
    assert scaling is not None
    assert scaling.tags["cdinfra:release"] == NEW
    assert {each.launched_with for each in scaling.members} == {scaling.launches_with}
    after = fleet.list_hosts()
    assert [each.instance_id for each in after] == [each.instance_id for each in before]
    # Those that are there are tagged one by one; whose id nobody knows is left out.
    assert {each.release for each in after} == {OLD}
    tagger.tag_hosts([*(each.instance_id for each in after), "i-0123456789abcdef0"], NEW, 3)
    found = fleet.list_hosts()
    assert {(each.release, each.tags["cdinfra:generation"]) for each in found} == {(NEW, "3")}


def test_a_release_replaces_no_host_where_the_machine_image_has_moved(
    aws: Aws,
    app: App,
    group: DeployGroup,
    parameter: str,
    images: list[str],
    clients: Callable[..., Clients],
) -> None:
    fleet = AwsFleetView(aws, group)
    before = [each.instance_id for each in fleet.list_hosts()]
    ssm = clients().client("ssm")
    ssm.put_parameter(Name=parameter, Type="String", Value=images[1], Overwrite=True)
    stack = describe_group_stack(aws, group)
    assert moved_parameters(aws, stack) == {"ImageId": (images[0], images[1])}
    tagger = AwsTagger(aws, group)
    tagger.set_release(NEW, no_pause)
    assert tagger.read_release() == NEW
    assert [each.instance_id for each in fleet.list_hosts()] == before
    # The next release finds a plain value, and the next `up` takes the new image.
    tagger.set_release(OLD, no_pause)
    assert [each.instance_id for each in fleet.list_hosts()] == before
    with Deployer(aws, app) as deployer:
        assert not deployer.execute(deployer.preview(deployer.plan_up())).failed
    stack = describe_group_stack(aws, group)
    assert (stack.resolved["ImageId"], tagger.read_release()) == (images[1], OLD)
    assert not set(before) & {each.instance_id for each in fleet.list_hosts()}


def test_a_target_that_is_not_registered_may_be_deregistered(
    clients: Callable[..., Clients],
) -> None:
    elb = clients().client("elbv2")
    vpc = clients().client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    made: dict[str, Any] = elb.create_target_group(
        Name=f"edges-{next(NUMBERS)}", Protocol="HTTP", Port=80, VpcId=vpc
    )
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "i-0123456789abcdef0"}])
    elb.delete_target_group(TargetGroupArn=arn)


def test_without_an_engine_there_are_no_layers_and_that_is_said(
    clients: Callable[..., Clients],
) -> None:
    ecr = clients().client("ecr")
    name = f"edges-{next(NUMBERS)}"
    ecr.create_repository(repositoryName=name)
    with pytest.raises(ClientError, match="no Docker engine answers"):
        ecr.get_download_url_for_layer(repositoryName=name, layerDigest=f"sha256:{'0' * 64}")
