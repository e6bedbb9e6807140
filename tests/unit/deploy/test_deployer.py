from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.hosts import Host
from cdinfra.aws.stack_status import StackStatus
from cdinfra.errors import CloudError, InvalidInputError
from cdinfra.events import Notice

if TYPE_CHECKING:
    from tests.unit.deploy.conftest import Make, Run

HOST = Host(
    instance_id="i-1",
    state="running",
    instance_type="t3.micro",
    private_address="10.0.0.4",
    public_address="",
    zone="eu-central-1a",
    deploy_group="shop-dev-web",
    release="",
    stack_name="shop-dev-web",
    launched_at=datetime(2026, 1, 31, tzinfo=UTC),
)


def test_status_shows_what_is_wanted_beside_what_is_there(run: Run, make: Make) -> None:
    run.up(make.network(), make.single("old"))
    with run.deployer(make.network(), make.consumer("web")) as deployer:
        rows = [(each.stack, each.status, each.in_app) for each in deployer.status()]
    assert rows == [
        ("network", "CREATE_COMPLETE", True),
        ("web", "", True),
        ("old", "CREATE_COMPLETE", False),
    ]


def test_status_costs_one_call(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"))
    run.aws.stacks.calls.clear()
    run.deployer(make.network(), make.consumer("web")).status()
    assert run.aws.stacks.calls == ["describe_stacks"]


def test_outputs_are_those_of_the_deployed_stacks(run: Run, make: Make) -> None:
    run.up(make.network())
    deployer = run.deployer(make.network(), make.consumer("web"))
    assert deployer.outputs() == {"network": {"VpcId": "shop-dev-network-vpc"}}
    assert deployer.outputs(("web",)) == {}
    with pytest.raises(InvalidInputError, match="did you mean 'network'"):
        deployer.outputs(("networks",))


def test_events_of_all_stacks_come_in_the_order_of_time(run: Run, make: Make) -> None:
    run.up(make.network(), make.consumer("web"))
    events = run.deployer(make.network(), make.consumer("web")).events()
    assert [each.timestamp for each in events] == sorted(each.timestamp for each in events)
    assert {each.stack for each in events} == {"network", "web"}
    assert events[-1].status == "CREATE_COMPLETE"


def test_the_latest_events_are_kept_when_there_are_too_many(run: Run, make: Make) -> None:
    run.up(make.network())
    events = run.deployer(make.network()).events(limit=2)
    assert [each.status for each in events] == ["CREATE_COMPLETE", "CREATE_COMPLETE"]


def test_the_result_lists_the_hosts(run: Run, make: Make) -> None:
    run.aws.hosts.add("shop", "dev", HOST)
    with run.deployer(make.single("one")) as deployer:
        assert deployer.execute(deployer.plan_up()).hosts == (HOST,)


def test_hosts_that_cannot_be_listed_are_no_failure(run: Run, make: Make) -> None:
    run.aws.hosts.script(CloudError("not allowed"))
    with run.deployer(make.single("one")) as deployer:
        result = deployer.execute(deployer.plan_up())
    result.raise_for_failure()
    assert run.told(Notice)[-1].message == "not allowed"


def test_up_waits_for_an_operation_of_somebody_else_and_says_so(run: Run, make: Make) -> None:
    run.aws.stacks.add(
        make.network().build(make.shop().context),
        status=StackStatus.UPDATE_IN_PROGRESS,
        ends_as=StackStatus.UPDATE_COMPLETE,
    )
    assert run.up(make.network()) == {"network": "unchanged"}
    assert run.told(Notice)[0].message == (
        "shop-dev-network is UPDATE_IN_PROGRESS (since 2026-01-31 09:00:00Z, by somebody else): "
        "following it"
    )


def test_a_diff_waits_for_nothing(run: Run, make: Make) -> None:
    run.aws.stacks.add(
        make.network().build(make.shop().context), status=StackStatus.UPDATE_IN_PROGRESS
    )
    with run.deployer(make.network()) as deployer:
        deployer.plan_up(wait=False)
    assert run.aws.clock.slept == []


def test_the_account_is_told(run: Run, make: Make) -> None:
    account = run.deployer(make.network()).account()
    assert (account.account_id, account.region) == ("123456789012", "eu-central-1")
