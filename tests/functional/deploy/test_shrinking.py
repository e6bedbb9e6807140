from __future__ import annotations

from typing import TYPE_CHECKING

from cdinfra.aws.cloud import connect
from cdinfra.events import Notice, Outcome, ResourceChanged
from cdinfra.local.fault_types import ResourceFault, ResourceFaultKind
from cdinfra.model import OutputReference

if TYPE_CHECKING:
    from cdinfra.deploy.result import Result
    from tests.functional.deploy.conftest import Make, Shop


def outcomes(result: Result) -> dict[str, str]:
    return {each.stack: str(each.outcome) for each in result.stacks}


def zoned(make: Make, zones: int) -> tuple[object, object]:
    """Return a network of some zones, and a balancer that stands in all of them."""
    network = make.network()
    names = [f"Subnet{number}" for number in range(zones)]
    subnets = {
        name: {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "CidrBlock": f"10.0.{number}.0/24",
                "AvailabilityZone": {"Fn::Select": [number, {"Fn::GetAZs": ""}]},
            },
        }
        for number, name in enumerate(names)
    }
    ids = {"Fn::Join": [",", [{"Ref": name} for name in names]]}
    balancer = {
        "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "Properties": {"Scheme": "internal", "Subnets": {"Ref": "SubnetIds"}},
    }
    return (
        make.plain(
            name="network", resources={**network.resources, **subnets}, outputs={"SubnetIds": ids}
        ),
        make.plain(
            name="web",
            resources={"Balancer": balancer},
            declared={"SubnetIds": {"Type": "List<AWS::EC2::Subnet::Id>"}},
            parameters={"SubnetIds": OutputReference(stack="network", output="SubnetIds")},
        ),
    )


def test_a_network_loses_a_zone_after_the_balancer_has_left_it(shop: Shop, make: Make) -> None:
    shop.up(*zoned(make, 3))
    shop.events.clear()
    result = shop.up(*zoned(make, 2))
    assert outcomes(result) == {"web": "updated", "network": "updated"}
    assert [each.left_behind for each in result.stacks] == [(), ()]
    statuses = {each.status for each in shop.events if isinstance(each, ResourceChanged)}
    assert "DELETE_FAILED" not in statuses
    assert outcomes(shop.up(*zoned(make, 2))) == {"network": "unchanged", "web": "unchanged"}


def test_what_an_update_cannot_delete_is_told_at_the_end(shop: Shop, make: Make) -> None:
    shop.up(make.network(subnets=2))
    fault = ResourceFault(
        kind=ResourceFaultKind.RESOURCE_FAILS,
        stack=f"{shop.name}-dev-network",
        logical_id="Subnet1",
        reason="has dependencies",
    )
    shop.cloud.control.add_fault(fault)
    (network,) = shop.up(make.network(subnets=1)).stacks
    assert network.outcome is Outcome.UPDATED
    (left,) = network.left_behind
    assert left.physical_id.startswith("subnet-")
    last = shop.events[-1]
    assert isinstance(last, Notice)
    assert f"Subnet1 (AWS::EC2::Subnet {left.physical_id})" in last.message
    shop.cloud.control.clear_faults()
    aws = connect(shop.cloud.connection())
    aws.hosts._clients.client("ec2").delete_subnet(SubnetId=left.physical_id)  # noqa: SLF001 - by hand, as the notice says
