from dataclasses import replace

import pytest

from cdinfra.cloudinit import Container
from cdinfra.errors import InvalidInputError
from cdinfra.model import BuildContext, OutputReference
from cdinfra.stacks import AdoptedNetwork, DockerHosts, ExistingVpc, FlowLogs, LoadBalancer, Network

VPC = ExistingVpc(vpc_id="vpc-0a1b2c3d", public_subnet_ids=("subnet-0a1b2c3d", "subnet-1a1b2c3d"))


def test_an_adopted_network_makes_nothing_but_a_name(context: BuildContext) -> None:
    network = Network.adopt(
        "network", vpc_id=VPC.vpc_id, public_subnet_ids=VPC.public_subnet_ids, cidr="10.0.0.0/16"
    )
    document = network.build(context).document
    types = [resource["Type"] for resource in document["Resources"].values()]
    assert types == ["AWS::CloudFormation::WaitConditionHandle"]
    assert {key: output["Value"] for key, output in document["Outputs"].items()} == {
        "VpcId": "vpc-0a1b2c3d",
        "PublicSubnetIds": "subnet-0a1b2c3d,subnet-1a1b2c3d",
        "VpcCidr": "10.0.0.0/16",
    }


def test_an_adopted_network_can_be_logged(context: BuildContext) -> None:
    network = AdoptedNetwork("network", vpc=VPC, flow_logs=FlowLogs())
    resources = network.build(context).document["Resources"]
    assert resources["FlowLog"]["Properties"]["ResourceId"] == "vpc-0a1b2c3d"


def test_ids_may_come_from_another_stack(context: BuildContext) -> None:
    reference = OutputReference(stack="old", output="Vpc", parameter_type="AWS::EC2::VPC::Id")
    subnet = OutputReference(stack="old", output="A", parameter_type="AWS::EC2::Subnet::Id")
    vpc = ExistingVpc(vpc_id=reference, public_subnet_ids=(subnet, "subnet-0a1b2c3d"))
    template = AdoptedNetwork("network", vpc=vpc).build(context)
    assert template.dependencies == ("old",)
    assert template.document["Outputs"]["PublicSubnetIds"]["Value"] == {
        "Fn::Join": [",", [{"Ref": "OldA"}, "subnet-0a1b2c3d"]]
    }


@pytest.mark.parametrize(
    ("vpc", "path"),
    [
        (replace(VPC, vpc_id="vpc-1"), "vpc_id"),
        (replace(VPC, public_subnet_ids=()), ""),
        (replace(VPC, public_subnet_ids="subnet-0a1b2c3d"), "public_subnet_ids"),  # type: ignore[arg-type]
        (replace(VPC, public_subnet_ids=("sn-1",)), "public_subnet_ids/0"),
        (replace(VPC, private_subnet_ids=("subnet-0a1b2c3d",) * 2), "private_subnet_ids"),
        (replace(VPC, cidr="10.0.0.0"), "cidr"),
        (replace(VPC, zone_names=("eu-west-1a",)), "zone_names"),
    ],
)
def test_a_wrong_id_is_refused_with_its_path(vpc: ExistingVpc, path: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        AdoptedNetwork("network", vpc=vpc)
    found = [problem.path for problem in caught.value.problems]
    assert found == [f"stacks/network/{path}".rstrip("/")]


def test_a_load_balancer_for_the_vpc_needs_its_addresses() -> None:
    network = AdoptedNetwork("network", vpc=VPC)
    with pytest.raises(InvalidInputError, match="stacks/web/load_balancer/open_to: must be given"):
        DockerHosts("web", network=network, load_balancer=LoadBalancer(), container=Container())
