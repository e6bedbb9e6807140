from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.deploy.plan import Verb
from cdinfra.events import StackStarted
from cdinfra.model import OutputReference

if TYPE_CHECKING:
    from cdinfra.deploy.plan import Plan
    from tests.unit.deploy.conftest import Make, PlainStack, Run


def network(make: Make, subnets: int, **more: Any) -> PlainStack:
    names = [f"Subnet{number}" for number in range(subnets)]
    ids = {"Fn::Join": [",", [{"Ref": name} for name in names]]}
    return make.plain(
        name="network",
        document={
            "Resources": {**{name: {"Type": "AWS::EC2::Subnet"} for name in names}, **more},
            "Outputs": {"SubnetIds": {"Value": ids}},
        },
    )


def balancer(make: Make, name: str = "web", upstream: str = "network") -> PlainStack:
    resource = {
        "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "Properties": {"Subnets": {"Ref": "SubnetIds"}},
    }
    return make.plain(
        name=name,
        document={
            "Parameters": {"SubnetIds": {"Type": "CommaDelimitedList"}},
            "Resources": {"Balancer": resource},
            "Outputs": {"SubnetIds": {"Value": {"Ref": "SubnetIds"}}},
        },
        parameters={"SubnetIds": OutputReference(stack=upstream, output="SubnetIds")},
    )


def preview(run: Run, *stacks: PlainStack) -> Plan:
    with run.deployer(*stacks) as deployer:
        return deployer.preview(deployer.plan_up())


def test_a_stack_lets_go_of_what_another_will_remove_before_it_is_removed(
    run: Run, make: Make
) -> None:
    run.up(network(make, 3), balancer(make))
    run.events.clear()
    run.up(network(make, 2), balancer(make))
    assert [each.stack for each in run.told(StackStarted)] == ["web", "network"]
    kept = run.aws.stacks.stack("shop-dev-web").parameters["SubnetIds"]
    assert kept == "shop-dev-network-subnet0,shop-dev-network-subnet1"


def test_the_preview_shows_the_value_that_will_be_and_says_why_the_order_is_so(
    run: Run, make: Make
) -> None:
    run.up(network(make, 2), balancer(make))
    web, shrunk = preview(run, network(make, 1), balancer(make)).actions
    assert (web.stack, web.verb, web.pending) == ("web", Verb.UPDATE, {})
    assert web.values[0].after == "shop-dev-network-subnet0"
    assert web.change_set_arn
    assert (shrunk.after, shrunk.reason) == (
        ("web",),
        "after web, where what is removed is in use",
    )


def test_a_chain_of_stacks_is_updated_whole(run: Run, make: Make) -> None:
    stacks = (balancer(make), balancer(make, "edge", "web"))
    run.up(network(make, 2), *stacks)
    shown = preview(run, network(make, 1), *stacks)
    assert {each.stack: each.after for each in shown.actions} == {
        "web": (),
        "edge": ("web",),
        "network": ("web",),
    }
    assert set(run.up(network(make, 1), *stacks).values()) == {"updated"}


@pytest.mark.parametrize("more", [{"Vpc": {"Type": "AWS::EC2::VPC"}}])
def test_a_stack_that_also_adds_something_goes_first(
    run: Run, make: Make, more: dict[str, Any]
) -> None:
    run.up(network(make, 2), balancer(make))
    shown = preview(run, network(make, 1, **more), balancer(make))
    assert [each.stack for each in shown.actions] == ["network", "web"]


def test_a_stack_that_grows_goes_first(run: Run, make: Make) -> None:
    run.up(network(make, 1), balancer(make))
    shown = preview(run, network(make, 2), balancer(make))
    assert [each.stack for each in shown.actions] == ["network", "web"]
    assert shown.actions[1].pending == {"SubnetIds": "network.SubnetIds"}
    assert run.up(network(make, 2), balancer(make)) == {"network": "updated", "web": "updated"}


def test_what_is_still_used_by_a_stack_that_failed_is_not_removed(run: Run, make: Make) -> None:
    run.up(network(make, 2), balancer(make))
    run.aws.stacks.fail("shop-dev-web", "Balancer", "no")
    changed = balancer(make)
    changed.document["Resources"]["Balancer"]["Properties"]["Name"] = "other"
    assert run.up(network(make, 1), changed) == {"web": "failed", "network": "skipped"}


def test_an_id_that_ref_does_not_give_is_not_guessed(run: Run, make: Make) -> None:
    run.up(network(make, 2), balancer(make))
    run.aws.stacks.stack("shop-dev-network").outputs = {"SubnetIds": "something else"}
    shown = preview(run, network(make, 1), balancer(make))
    assert shown.actions[0].stack == "network"
    assert shown.actions[1].pending
