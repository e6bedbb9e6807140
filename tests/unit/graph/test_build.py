from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.load import load_app
from cdinfra.graph.build import build_picture
from cdinfra.graph.picture import Box, Kind, Node, Picture, Relation
from cdinfra.model import Literal, OutputReference, StackTemplate

if TYPE_CHECKING:
    from tests.unit.graph.conftest import Make

EXAMPLES = Path(__file__).parents[3] / "examples"


def shop(*only: str) -> Picture:
    templates = load_app(EXAMPLES / "shop" / "infra.py", "dev").build()
    return build_picture("shop dev", templates, only=only)


def arrows(picture: Picture) -> set[tuple[str, str, str]]:
    return {(each.source, each.target, each.label) for each in picture.edges}


def boxes(picture: Picture) -> dict[str, Box]:
    return {box.stack: box for box in picture.boxes}


def draw(*templates: StackTemplate) -> Picture:
    return build_picture("x", templates)


def test_the_shop_is_its_stacks_who_reaches_them_and_what_they_pull() -> None:
    picture = shop()
    assert arrows(picture) == {
        ("internet", "web.LoadBalancer", "HTTP 80"),
        ("web.LoadBalancer", "web.AutoScalingGroup", "HTTP 80"),
        ("web.AutoScalingGroup", "registry.WebRepository", "pulls"),
        ("worker.AutoScalingGroup", "registry.WorkerRepository", "pulls"),
    }
    assert [node.kind for node in picture.outside] == [Kind.INTERNET]
    found = boxes(picture)
    assert found["network"] == Box(stack="network", detail="10.0.0.0/16")
    assert (found["web"].inside, found["worker"].inside) == ("network", "network")
    assert (found["registry"].inside, found["foundation"].inside) == ("", "")
    assert [node.detail for node in found["web"].nodes] == ["internet-facing", "2–4 × t3.small"]  # noqa: RUF001


def test_a_stack_is_shown_with_what_it_touches_and_the_network_around_it() -> None:
    picture = shop("worker")
    assert [box.stack for box in picture.boxes] == ["network", "registry", "worker"]
    assert [node.detail for node in boxes(picture)["registry"].nodes] == ["shop-dev/worker"]
    assert picture.outside == ()


def test_a_network_is_shown_with_what_is_in_it() -> None:
    assert {"network", "web", "worker"} <= boxes(shop("network")).keys()


def test_a_stack_of_which_nothing_can_be_shown_says_how_much_it_has(make: Make) -> None:
    policy = make.resource("IAM::Policy")
    picture = draw(make.stack("rights", {"A": policy, "B": policy}), make.stack("empty", {}))
    first, second = picture.boxes
    assert first.nodes == (Node(key="rights.", kind=Kind.RESOURCES, detail="2 of other types"),)
    assert second.nodes[0].detail == "none"


@pytest.mark.parametrize(
    ("kind", "properties", "shown", "detail"),
    [
        ("S3::Bucket", {"BucketName": "pictures"}, Kind.BUCKET, "pictures"),
        ("S3::Bucket", {"BucketName": {"Fn::Sub": "x"}}, Kind.BUCKET, "It"),
        ("EC2::Volume", {"Size": 20}, Kind.VOLUME, "20 GiB"),
        ("EC2::Volume", {"Size": {"Ref": "Size"}}, Kind.VOLUME, "5 GiB"),
        ("EC2::Volume", {"Size": {"Ref": "Given"}}, Kind.VOLUME, "7 GiB"),
        ("EC2::Volume", {}, Kind.VOLUME, "It"),
        ("EC2::Instance", {"InstanceType": "t3.micro"}, Kind.HOSTS, "t3.micro"),
        ("EC2::VPC", {"CidrBlock": "10.0.0.0/16"}, Kind.NETWORK, "10.0.0.0/16"),
        ("RDS::DBInstance", {"Engine": "postgres"}, Kind.DATABASE, "postgres"),
        ("SQS::Queue", {}, Kind.MESSAGES, "It"),
        (
            "AutoScaling::AutoScalingGroup",
            {"MinSize": "2", "MaxSize": "2"},
            Kind.HOSTS,
            "2",
        ),
    ],
)
def test_a_resource_is_shown_with_what_is_worth_knowing(
    make: Make, kind: str, properties: dict[str, object], shown: Kind, detail: str
) -> None:
    stack = make.stack(
        "one",
        {"It": make.resource(kind, properties)},
        parameters={"Given": Literal(value="7")},
        Size={"Type": "Number", "Default": 5},
        Given={"Type": "Number"},
    )
    (node,) = draw(stack).boxes[0].nodes
    assert (node.kind, node.detail) == (shown, detail)


def test_a_name_that_only_repeats_the_kind_is_left_out(make: Make) -> None:
    (node,) = draw(make.stack("one", {"Bucket": make.resource("S3::Bucket")})).boxes[0].nodes
    assert node.detail == ""


def test_hosts_use_what_their_role_names_in_another_stack(make: Make) -> None:
    store = make.stack(
        "store",
        {"Pictures": make.resource("S3::Bucket"), "Other": make.resource("S3::Bucket")},
        {"Arn": {"Fn::GetAtt": ["Pictures", "Arn"]}},
    )
    web = make.stack(
        "web",
        {
            "Host": make.resource("EC2::Instance", IamInstanceProfile={"Ref": "Profile"}),
            "Profile": make.resource("IAM::InstanceProfile", Roles=[{"Ref": "Role"}]),
            "Role": make.resource(
                "IAM::Role", Policies=[{"Resource": {"Fn::Sub": "${StoreArn}/*"}}]
            ),
        },
        parameters={"StoreArn": OutputReference(stack="store", output="Arn")},
    )
    picture = draw(store, web)
    assert arrows(picture) == {("web.Host", "store.Pictures", "uses")}
    assert picture.edges[0].relation is Relation.USE


def test_a_reference_into_a_stack_or_output_that_is_not_there_leads_nowhere(make: Make) -> None:
    sources = {
        "Gone": OutputReference(stack="gone", output="Arn"),
        "None": OutputReference(stack="web", output="Nothing"),
    }
    host = make.resource("EC2::Instance", A={"Ref": "Gone"}, B={"Ref": "None"})
    assert draw(make.stack("web", {"Host": host}, parameters=sources)).edges == ()


def test_a_network_that_talks_itself_stays_a_node_in_its_frame(make: Make) -> None:
    network = make.stack(
        "network",
        {"Vpc": make.resource("EC2::VPC", CidrBlock="10.0.0.0/16")},
        {"Id": {"Ref": "Vpc"}, "Cidr": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}},
    )
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": {"Ref": "Cidr"}}
    web = make.stack(
        "web",
        {
            "Host": make.resource("EC2::Instance", SecurityGroupIds=[{"Ref": "Group"}]),
            "Group": make.resource(
                "EC2::SecurityGroup", VpcId={"Ref": "Id"}, SecurityGroupIngress=[rule]
            ),
        },
        parameters={
            "Id": OutputReference(stack="network", output="Id"),
            "Cidr": OutputReference(stack="network", output="Cidr"),
        },
    )
    picture = draw(network, web)
    assert arrows(picture) == {("network.Vpc", "web.Host", "TCP 22")}
    frame, inner = picture.boxes
    assert [node.key for node in frame.nodes] == ["network.Vpc"]
    assert (frame.inside, inner.inside) == ("", "network")
    assert picture.outside == ()
