import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cloudinit import Container, OperatingSystem, PortMapping
from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext, OutputReference, Retained, StackTemplate
from cdinfra.model.release import RELEASE_PATTERN
from cdinfra.stacks import (
    Architecture,
    Capacity,
    DockerHosts,
    Image,
    Instance,
    LoadBalancer,
    NatGateways,
    Network,
    Placement,
    RollingUpdate,
    ScalingMetric,
    Spot,
    TargetTracking,
)

DIGEST = "sha256:" + "0123456789abcdef" * 4


def resources_of(stack: DockerHosts, context: BuildContext) -> Mapping[str, Any]:
    resources: Mapping[str, Any] = json.loads(stack.build(context).body)["Resources"]
    return resources


def group_of(stack: DockerHosts, context: BuildContext) -> Mapping[str, Any]:
    group: Mapping[str, Any] = resources_of(stack, context)["AutoScalingGroup"]
    return group


def launch_of(stack: DockerHosts, context: BuildContext) -> Mapping[str, Any]:
    template = resources_of(stack, context)["LaunchTemplate"]["Properties"]
    data: Mapping[str, Any] = template["LaunchTemplateData"]
    return data


def problem_paths(name: str, **settings: Any) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        DockerHosts(name, **settings)
    return [problem.path for problem in caught.value.problems]


def test_metadata_needs_a_token_and_reaches_no_container(
    network: Network, context: BuildContext
) -> None:
    assert launch_of(DockerHosts("web", network=network), context)["MetadataOptions"] == {
        "HttpEndpoint": "enabled",
        "HttpPutResponseHopLimit": 1,
        "HttpTokens": "required",
        "InstanceMetadataTags": "enabled",
    }


@pytest.mark.parametrize(
    ("system", "device"),
    [
        (OperatingSystem.AMAZON_LINUX_2023, "/dev/xvda"),
        (OperatingSystem.UBUNTU_24_04, "/dev/sda1"),
        (OperatingSystem.DEBIAN_12, "/dev/xvda"),
    ],
)
def test_the_root_volume_is_encrypted_under_the_images_own_name(
    system: OperatingSystem, device: str, network: Network, context: BuildContext
) -> None:
    hosts = DockerHosts("web", network=network, image=Image(operating_system=system))
    (mapping,) = launch_of(hosts, context)["BlockDeviceMappings"]
    assert mapping["DeviceName"] == device
    assert mapping["Ebs"]["Encrypted"] is True
    assert mapping["Ebs"]["VolumeType"] == "gp3"


@pytest.mark.parametrize("system", OperatingSystem)
@pytest.mark.parametrize("architecture", Architecture)
def test_the_latest_image_comes_from_a_public_parameter(
    system: OperatingSystem, architecture: Architecture, network: Network, context: BuildContext
) -> None:
    image = Image(operating_system=system, architecture=architecture)
    template = DockerHosts("web", network=network, image=image).build(context)
    parameter = template.document["Parameters"]["ImageId"]
    assert parameter["Type"] == "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"
    assert parameter["Default"].startswith("/aws/service/")
    other = {Architecture.AMD64: "arm64", Architecture.ARM64: "amd64"}[architecture]
    assert other not in parameter["Default"]


def test_an_image_can_be_pinned(network: Network, context: BuildContext) -> None:
    hosts = DockerHosts("web", network=network, image=Image(ami="ami-0a1b2c3d"))
    assert launch_of(hosts, context)["ImageId"] == "ami-0a1b2c3d"
    assert "ImageId" not in hosts.build(context).document["Parameters"]


def test_hosts_are_closed_to_everybody_and_have_no_ssh(
    network: Network, context: BuildContext
) -> None:
    container = Container(ports=(PortMapping(host=80, container=8080),))
    hosts = DockerHosts("web", network=network, container=container)
    resources = resources_of(hosts, context)
    assert "SecurityGroupIngress" not in resources["SecurityGroup"]["Properties"]
    types = [resource["Type"] for resource in resources.values()]
    assert "AWS::EC2::SecurityGroupIngress" not in types
    assert "KeyName" not in launch_of(hosts, context)


def test_hosts_open_the_containers_ports_to_those_who_are_named(
    network: Network, context: BuildContext
) -> None:
    group = OutputReference(
        stack="front", output="SecurityGroupId", parameter_type="AWS::EC2::SecurityGroup::Id"
    )
    hosts = DockerHosts(
        "web",
        network=network,
        container=Container(ports=(PortMapping(host=53, container=5353, protocol="udp"),)),
        open_to=("10.0.0.0/8", "sg-0a1b2c3d", "pl-0a1b2c3d", group, network.vpc_cidr),
    )
    rules = resources_of(hosts, context)["SecurityGroup"]["Properties"]["SecurityGroupIngress"]
    assert {(rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) for rule in rules} == {
        (53, 53, "udp")
    }
    sources = [
        {key: value for key, value in rule.items() if key.startswith(("Source", "Cidr"))}
        for rule in rules
    ]
    assert sources == [
        {"CidrIp": "10.0.0.0/8"},
        {"SourceSecurityGroupId": "sg-0a1b2c3d"},
        {"SourcePrefixListId": "pl-0a1b2c3d"},
        {"SourceSecurityGroupId": {"Ref": "FrontSecurityGroupId"}},
        {"CidrIp": {"Ref": "NetworkVpcCidr"}},
    ]


def test_hosts_stand_in_private_subnets_where_those_reach_out(context: BuildContext) -> None:
    for nat, subnets, public in (
        (NatGateways.NONE, "NetworkPublicSubnetIds", True),
        (NatGateways.ONE, "NetworkPrivateSubnetIds", False),
    ):
        hosts = DockerHosts("web", network=Network("network", nat=nat))
        assert group_of(hosts, context)["Properties"]["VPCZoneIdentifier"] == {"Ref": subnets}
        (interface,) = launch_of(hosts, context)["NetworkInterfaces"]
        assert interface["AssociatePublicIpAddress"] is public


def test_private_hosts_without_a_way_out_are_refused(network: Network) -> None:
    paths = problem_paths("web", network=network, instance=Instance(placement=Placement.PRIVATE))
    assert paths == ["stacks/web/instance/placement"]


def test_a_group_launches_a_numbered_version(network: Network, context: BuildContext) -> None:
    properties = group_of(DockerHosts("web", network=network), context)["Properties"]
    assert properties["LaunchTemplate"]["Version"] == {
        "Fn::GetAtt": ["LaunchTemplate", "LatestVersionNumber"]
    }


def test_creation_waits_for_every_first_host(network: Network, context: BuildContext) -> None:
    for capacity, count in (
        (Capacity(minimum=2, maximum=5), 2),
        (Capacity(minimum=1, maximum=5, desired=4), 4),
    ):
        group = group_of(DockerHosts("web", network=network, capacity=capacity), context)
        assert group["CreationPolicy"]["ResourceSignal"] == {"Count": count, "Timeout": "PT15M"}


def test_a_group_that_begins_empty_waits_for_nobody(
    network: Network, context: BuildContext
) -> None:
    hosts = DockerHosts("web", network=network, capacity=Capacity(minimum=0, maximum=2))
    assert "CreationPolicy" not in group_of(hosts, context)


def test_an_update_leaves_the_number_of_hosts_to_scaling(
    network: Network, context: BuildContext
) -> None:
    group = group_of(DockerHosts("web", network=network), context)
    assert "DesiredCapacity" not in group["Properties"]
    assert group["UpdatePolicy"]["AutoScalingScheduledAction"] == {
        "IgnoreUnmodifiedGroupSizeProperties": True
    }


@given(
    st.integers(min_value=0, max_value=50),
    st.integers(min_value=1, max_value=50),
    st.none() | st.integers(min_value=0, max_value=50),
)
def test_any_capacity_is_refused_or_can_be_updated_in_turns(
    minimum: int, maximum: int, desired: int | None
) -> None:
    network, capacity = Network("network"), Capacity(minimum=0, maximum=1)
    context = BuildContext(app="shop", env="dev", owner="me")
    capacity = replace(capacity, minimum=minimum, maximum=maximum, desired=desired)
    valid = minimum <= maximum and (desired is None or minimum <= desired <= maximum)
    if not valid:
        paths = problem_paths("web", network=network, capacity=capacity)
        assert all(path.startswith("stacks/web/capacity/") for path in paths)
        return
    group = group_of(DockerHosts("web", network=network, capacity=capacity), context)
    rolling = group["UpdatePolicy"]["AutoScalingRollingUpdate"]
    assert rolling["MinInstancesInService"] < maximum
    assert rolling["WaitOnResourceSignals"] is True
    assert int(group["Properties"]["MinSize"]) <= int(group["Properties"]["MaxSize"])


def test_hosts_are_tagged_with_what_they_run_and_whose_they_are(
    network: Network, context: BuildContext
) -> None:
    tags = group_of(DockerHosts("web", network=network, tags={"tier": "front"}), context)[
        "Properties"
    ]["Tags"]
    assert all(tag["PropagateAtLaunch"] is True for tag in tags)
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "DeployGroup": "shop-dev-web",
        "Name": "shop-dev-web",
        "cdinfra:app": "shop",
        "cdinfra:env": "dev",
        "cdinfra:owner": "shop-team@example.com",
        "cdinfra:release": {"Ref": "Release"},
        "cdinfra:stack": {"Ref": "AWS::StackName"},
        "cost-center": "4711",
        "tier": "front",
    }


def test_a_deploy_group_can_be_named(network: Network, context: BuildContext) -> None:
    hosts = DockerHosts("web", network=network, deploy_group="front")
    assert hosts.build(context).document["Outputs"]["DeployGroup"]["Value"] == "front"
    assert hosts.host_config(context).deploy_group == "front"


def test_a_tag_that_is_ours_to_set_is_refused(network: Network, context: BuildContext) -> None:
    hosts = DockerHosts("web", network=network, tags={"DeployGroup": "x"})
    with pytest.raises(InvalidInputError, match="stacks/web/tags/DeployGroup"):
        hosts.build(context)


def test_too_many_tags_are_refused(network: Network, context: BuildContext) -> None:
    hosts = DockerHosts("web", network=network, tags={f"tag{n}": "x" for n in range(45)})
    with pytest.raises(InvalidInputError, match="stacks/web/tags: a host would have"):
        hosts.build(context)


def test_the_release_is_kept_through_every_update(network: Network, context: BuildContext) -> None:
    template = DockerHosts("web", network=network).build(context)
    assert template.parameters["Release"] == Retained(initial="")


def uses_of_release(template: StackTemplate) -> set[tuple[str, ...]]:
    def walk(value: object, path: tuple[str, ...]) -> set[tuple[str, ...]]:
        match value:
            case {"Ref": "Release"}:
                return {path}
            case {"Fn::If": ["Released", *_]}:
                return {path}
            case dict():
                return {use for key, item in value.items() for use in walk(item, (*path, key))}
            case list():
                return {use for item in value for use in walk(item, path)}
            case _:
                return set()

    return walk(json.loads(template.body)["Resources"], ())


def test_a_release_changes_tags_and_replaces_no_host(
    templates: Mapping[str, StackTemplate],
) -> None:
    hosts = {name: t for name, t in templates.items() if name.startswith("docker-host")}
    assert len(hosts) > 5
    for template in hosts.values():
        # A rolling update starts for a changed launch template, subnets or types; neither
        # the tags nor the health check's type are among them.
        assert uses_of_release(template) <= {
            ("AutoScalingGroup", "Properties", "Tags", "Value"),
            ("AutoScalingGroup", "Properties", "HealthCheckType"),
        }
        assert ("AutoScalingGroup", "Properties", "Tags", "Value") in uses_of_release(template)


@pytest.mark.parametrize(
    ("release", "valid"),
    [
        ("", True),
        (f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-dev/web@{DIGEST}", True),
        (f"localhost:5000/web@{DIGEST}", True),
        ("web:latest", False),
        (f"web@{DIGEST[:-1]}", False),
        (f"web@{DIGEST}\n", False),
        (f"we b@{DIGEST}", False),
        (f"$(reboot)@{DIGEST}", False),
        (f"a/../../version@{DIGEST}", False),
        (f"a//b@{DIGEST}", False),
    ],
)
def test_a_release_is_an_image_by_digest_or_nothing(release: str, valid: bool) -> None:
    assert bool(re.fullmatch(RELEASE_PATTERN.replace("$", r"\Z"), release)) is valid


def test_scaling_by_requests_needs_a_load_balancer(network: Network) -> None:
    scaling = TargetTracking(metric=ScalingMetric.REQUESTS, target=100)
    assert problem_paths("web", network=network, scaling=scaling) == ["stacks/web/scaling/metric"]


@pytest.mark.parametrize(
    ("type_", "architecture", "fits"),
    [
        ("t3.small", Architecture.AMD64, True),
        ("t4g.small", Architecture.AMD64, False),
        ("t4g.small", Architecture.ARM64, True),
        ("g4dn.xlarge", Architecture.AMD64, True),
        ("g5g.xlarge", Architecture.ARM64, True),
        ("im4gn.large", Architecture.ARM64, True),
        ("a1.large", Architecture.ARM64, True),
        ("c7i-flex.large", Architecture.AMD64, True),
        ("x2iedn.metal", Architecture.AMD64, True),
        ("m6g.large", Architecture.AMD64, False),
        ("m6i.large", Architecture.ARM64, False),
    ],
)
def test_an_instance_type_must_fit_the_image(
    type_: str, architecture: Architecture, fits: bool, network: Network
) -> None:
    settings = {
        "network": network,
        "instance": Instance(type=type_),
        "image": Image(architecture=architecture),
    }
    if fits:
        assert DockerHosts("web", **settings).instance.type == type_
    else:
        assert problem_paths("web", **settings) == ["stacks/web/instance/type"]


def test_spot_hosts_are_mixed_on_a_base_of_on_demand_ones(
    network: Network, context: BuildContext
) -> None:
    spot = Spot(instance_types=("m6i.large", "m5.large"), on_demand_base=1, on_demand_percent=25)
    properties = group_of(DockerHosts("web", network=network, spot=spot), context)["Properties"]
    policy = properties["MixedInstancesPolicy"]
    assert "LaunchTemplate" not in properties
    assert properties["CapacityRebalance"] is True
    assert policy["InstancesDistribution"]["OnDemandBaseCapacity"] == 1
    assert [o["InstanceType"] for o in policy["LaunchTemplate"]["Overrides"]] == [
        "m6i.large",
        "m5.large",
    ]


def test_every_problem_is_told_at_once(network: Network) -> None:
    paths = problem_paths(
        "web",
        network=network,
        capacity=Capacity(minimum=3, maximum=2),
        image=Image(ami="latest"),
        instance=Instance(type="large", root_gibibytes=1),
        log_retention_days=2,
        open_to=("everybody",),
        deploy_group="a b",
        load_balancer=LoadBalancer(idle_timeout_seconds=0),
        spot=Spot(instance_types=("t4g.small", "x")),
    )
    assert set(paths) == {
        "stacks/web/capacity/minimum",
        "stacks/web/image/ami",
        "stacks/web/instance/type",
        "stacks/web/instance/root_gibibytes",
        "stacks/web/log_retention_days",
        "stacks/web/open_to/0",
        "stacks/web/deploy_group",
        "stacks/web/load_balancer/idle_timeout_seconds",
        "stacks/web/load_balancer/target_port",
        "stacks/web/spot/instance_types/1",
    }


def test_updates_can_be_set(network: Network, context: BuildContext) -> None:
    update = RollingUpdate(batch=3, in_service=4, timeout_minutes=30)
    capacity = Capacity(minimum=5, maximum=8)
    group = group_of(DockerHosts("web", network=network, capacity=capacity, update=update), context)
    rolling = group["UpdatePolicy"]["AutoScalingRollingUpdate"]
    assert (rolling["MaxBatchSize"], rolling["MinInstancesInService"], rolling["PauseTime"]) == (
        3,
        4,
        "PT30M",
    )


def test_user_data_knows_its_stack_and_nothing_that_changes(
    network: Network, context: BuildContext
) -> None:
    hosts = DockerHosts("web", network=network)
    config = hosts.host_config(context)
    assert (config.app, config.env, config.stack) == ("shop", "dev", "web")
    assert config.log_group == "/cdinfra/shop/dev/web"
    assert config.secrets_path == "/shop/dev/web/"
    assert config.signal is not None
    assert config.signal.logical_id == "AutoScalingGroup"
    assert isinstance(launch_of(hosts, context)["UserData"], str)
