"""One app in two regions and two accounts of the local cloud, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.cloud import connect
from cdinfra.aws.connection import Clients
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.processes import Machine
from cdinfra.errors import InvalidInputError, NoCredentialsError
from cdinfra.local.fault_types import CallFault, CallFaultKind
from cdinfra.model import (
    HOME,
    App,
    FromEnvironment,
    FromSsm,
    OutputReference,
    Place,
    StackOutput,
    secret_reference,
)
from cdinfra.stacks import Foundation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdinfra.local.process import LocalCloud
    from cdinfra.model import StackDefinition
    from tests.functional.deploy.conftest import Make

_NUMBERS = count(1)

HOME_ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
US = Place(region="us-east-1")
PARTNER = Place(
    region="eu-west-1",
    account_role=f"arn:aws:iam::{OTHER_ACCOUNT}:role/deployer",
    external_id="shop",
)


@dataclass(kw_only=True)
class Planet:
    """An app of this test alone, whose stacks may be anywhere."""

    cloud: LocalCloud
    name: str
    account: str | None = None
    environ: dict[str, str] = field(default_factory=dict)

    def app(self, *stacks: tuple[StackDefinition, Place], look_in: tuple[Place, ...] = ()) -> App:
        app = App(self.name, env="dev", owner="team")
        for stack, place in stacks:
            app.add(stack, place=place)
        app.look_in(*look_in)
        return app

    def deployer(self, app: App) -> Deployer:
        connection = self.cloud.connection(account=self.account)
        return Deployer(
            connect(connection), app, machine=Machine(folder=Path(), environ=self.environ)
        )

    def up(self, app: App) -> dict[str, str]:
        with self.deployer(app) as deployer:
            result = deployer.execute(deployer.preview(deployer.plan_up()))
        result.raise_for_failure()
        return {each.stack: str(each.outcome) for each in result.stacks}

    def down(self, app: App) -> dict[str, str]:
        with self.deployer(app) as deployer:
            result = deployer.execute(deployer.preview(deployer.plan_down()))
        return {each.stack: str(each.outcome) for each in result.stacks}

    def client(self, place: Place, service: str) -> Any:
        return Clients(self.cloud.connection(account=self.account).at(place)).client(service)

    def stack_names(self, place: Place) -> set[str]:
        stacks = self.client(place, "cloudformation").describe_stacks()["Stacks"]
        prefix = f"{self.name}-dev-"
        return {
            each["StackName"].removeprefix(prefix)
            for each in stacks
            if each["StackName"].startswith(prefix)
        }

    def calls(self) -> Mapping[str, int]:
        return dict(self.cloud.control.health()["calls"])


@pytest.fixture
def planet(local_cloud: LocalCloud) -> Iterator[Planet]:
    made = Planet(cloud=local_cloud, name=f"planet{next(_NUMBERS)}")
    yield made
    local_cloud.control.clear_faults()
    made.down(made.app(look_in=(US, PARTNER)))


def topic(make: Make, name: str, *, shown: object = "news", **sources: Any) -> Any:
    """Return a stack of one topic that is called by what ``shown`` says."""
    resource = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": shown}}
    return make.plain(
        name=name,
        resources={"Topic": resource},
        outputs={"Arn": {"Ref": "Topic"}},
        declared={key: {"Type": "String"} for key in sources},
        parameters=sources,
    )


def follower(make: Make, name: str, upstream: str) -> Any:
    """Return a stack of a parameter that holds another stack's output."""
    resource = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String"}}
    resource["Properties"] |= {"Value": {"Ref": "Arn"}}  # type: ignore[operator] # a literal
    return make.plain(
        name=name,
        resources={"Pointer": resource},
        outputs={"Arn": {"Ref": "Arn"}},
        declared={"Arn": {"Type": "String"}},
        parameters={"Arn": OutputReference(stack=upstream, output="Arn")},
    )


def three(make: Make) -> tuple[tuple[Any, Place], ...]:
    return (
        (topic(make, "home"), HOME),
        (follower(make, "us", "home"), US),
        (follower(make, "partner", "us"), PARTNER),
    )


def test_stacks_in_two_regions_and_two_accounts_feed_each_other_and_go_again(
    planet: Planet, make: Make
) -> None:
    app = planet.app(*three(make))
    assert set(planet.up(app).values()) == {"created"}
    assert planet.stack_names(HOME) == {"home"}
    assert planet.stack_names(US) == {"us"}
    assert planet.stack_names(PARTNER) == {"partner"}
    with planet.deployer(app) as deployer:
        outputs = deployer.outputs()
        places = {each.stack: str(each.location) for each in deployer.status()}
    assert outputs["home"]["Arn"].startswith(f"arn:aws:sns:eu-central-1:{HOME_ACCOUNT}:")
    assert outputs["partner"] == outputs["us"] == outputs["home"]
    assert places == {
        "home": f"{HOME_ACCOUNT} eu-central-1",
        "us": f"{HOME_ACCOUNT} us-east-1",
        "partner": f"{OTHER_ACCOUNT} eu-west-1",
    }
    assert list(planet.down(app).items()) == [
        ("partner", "deleted"),
        ("us", "deleted"),
        ("home", "deleted"),
    ]
    assert not {*planet.stack_names(HOME), *planet.stack_names(US), *planet.stack_names(PARTNER)}


def test_nothing_to_change_costs_one_look_at_each_place_and_one_session(
    planet: Planet, make: Make
) -> None:
    planet.up(planet.app(*three(make)))
    before = planet.calls()
    assert set(planet.up(planet.app(*three(make))).values()) == {"unchanged"}
    spent = {name: count - before.get(name, 0) for name, count in planet.calls().items()}
    assert {name: count for name, count in spent.items() if count} == {
        "cloudformation:DescribeStacks": 3,
        "cloudformation:GetTemplate": 3,
        "ec2:DescribeInstances": 3,
        "sts:AssumeRole": 1,
        "sts:GetCallerIdentity": 1,
    }


def test_stacks_taken_out_are_deleted_in_the_places_that_the_app_names(
    planet: Planet, make: Make
) -> None:
    planet.up(planet.app(*three(make)))
    home = three(make)[0]
    assert planet.up(planet.app(home)) == {"home": "unchanged"}
    assert planet.up(planet.app(home, look_in=(PARTNER, US))) == {
        "home": "unchanged",
        "partner": "deleted",
        "us": "deleted",
    }


def test_events_drift_and_explanations_come_from_every_place(planet: Planet, make: Make) -> None:
    app = planet.app(*three(make))
    planet.up(app)
    with planet.deployer(app) as deployer:
        assert {each.stack for each in deployer.events()} == {"home", "us", "partner"}
        assert {str(each.drift) for each in deployer.drift()} == {"IN_SYNC"}
        assert deployer.explain() == ()


def test_a_role_that_may_not_be_assumed_is_told_before_anything_is_done(
    planet: Planet, make: Make
) -> None:
    denied = CallFault(kind=CallFaultKind.ACCESS_DENIED, service="sts", operation="AssumeRole")
    planet.cloud.control.add_fault(denied)
    app = planet.app(*three(make))
    with planet.deployer(app) as deployer, pytest.raises(NoCredentialsError) as caught:
        deployer.plan_up()
    assert caught.value.message.startswith(
        f"cannot act as the role arn:aws:iam::{OTHER_ACCOUNT}:role/deployer: "
    )
    planet.cloud.control.clear_faults()
    assert not planet.stack_names(HOME)


def test_the_local_cloud_plays_the_account_that_the_environment_belongs_to(
    local_cloud: LocalCloud, make: Make
) -> None:
    planet = Planet(cloud=local_cloud, name="planet-own", account="000000000042")
    app = planet.app((topic(make, "home"), HOME))
    app.expect_accounts({"dev": "000000000042"})
    assert planet.up(app) == {"home": "created"}
    with planet.deployer(app) as deployer:
        assert deployer.account().account_id == "000000000042"
        assert ":000000000042:" in deployer.outputs()["home"]["Arn"]
    planet.account = None
    assert not planet.stack_names(HOME)
    with planet.deployer(app) as deployer, pytest.raises(InvalidInputError):
        deployer.plan_up()
    planet.account = "000000000042"
    planet.down(app)


def test_values_from_outside_are_read_in_the_place_of_the_stack(planet: Planet, make: Make) -> None:
    name = f"/{planet.name}/greeting"
    for place, text in ((HOME, "from home"), (US, "from us"), (PARTNER, "from partner")):
        planet.client(place, "ssm").put_parameter(Name=name, Value=text, Type="String")
    planet.up(planet.app((topic(make, "base"), US)))
    planet.environ["GREETING"] = "from here"
    arn = StackOutput(f"{planet.name}-dev-base", "Arn", region="us-east-1")
    app = planet.app(
        (topic(make, "base"), US),
        (topic(make, "us", shown={"Ref": "A"}, A=FromSsm(name)), US),
        (topic(make, "far", shown={"Ref": "A"}, A=FromSsm(name)), PARTNER),
        (topic(make, "home", shown={"Ref": "A"}, A=FromEnvironment("GREETING"), B=arn), HOME),
    )
    planet.up(app)
    with planet.deployer(app) as deployer:
        topics = {name: each["Arn"] for name, each in deployer.outputs().items()}
    shown = {
        name: planet.client(place, "sns").get_topic_attributes(TopicArn=topics[name])["Attributes"][
            "DisplayName"
        ]
        for name, place in (("us", US), ("far", PARTNER), ("home", HOME))
    }
    assert shown == {"us": "from us", "far": "from partner", "home": "from here"}


def test_a_secure_string_and_everything_else_that_is_missing_is_refused(
    planet: Planet, make: Make
) -> None:
    name = f"/{planet.name}/password"
    planet.client(US, "ssm").put_parameter(Name=name, Value="hunter2", Type="SecureString")
    sources = {"A": FromSsm(name), "B": FromEnvironment("NOWHERE"), "C": StackOutput("no", "Arn")}
    app = planet.app((topic(make, "us", **sources), US))
    with planet.deployer(app) as deployer, pytest.raises(InvalidInputError) as caught:
        deployer.plan_up()
    paths = [each.path for each in caught.value.problems]
    assert paths == [f"stacks/us/parameters/{each}" for each in "ABC"]
    assert "is a SecureString" in caught.value.message
    assert "hunter2" not in caught.value.message


def test_a_secret_goes_to_the_resource_and_past_everything_else(planet: Planet, make: Make) -> None:
    secrets = planet.client(US, "secretsmanager")
    secrets.create_secret(Name=planet.name, SecretString='{"greeting": "psst"}')
    app = planet.app(
        (topic(make, "us", shown=secret_reference(planet.name, json_key="greeting")), US)
    )
    with planet.deployer(app) as deployer:
        plan = deployer.preview(deployer.plan_up())
        result = deployer.execute(plan)
    result.raise_for_failure()
    assert "psst" not in repr((plan, result))
    attributes = planet.client(US, "sns").get_topic_attributes(
        TopicArn=result.stacks[0].outputs["Arn"]
    )
    assert attributes["Attributes"]["DisplayName"] == "psst"


def test_a_large_template_is_read_from_the_bucket_of_its_own_place(
    planet: Planet, make: Make
) -> None:
    resources = {
        f"Topic{number}": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "x" * 90}}
        for number in range(400)
    }
    resources = {"Group": {"Type": "AWS::Logs::LogGroup", "Metadata": resources}}
    edge = make.plain(name="edge", resources=resources)
    app = planet.app((Foundation("base"), PARTNER), (edge, PARTNER))
    assert planet.up(app) == {"base": "created", "edge": "created"}
    with planet.deployer(app) as deployer:
        bucket = deployer.outputs()["base"]["BucketName"]
    found = planet.client(PARTNER, "s3").list_objects_v2(Bucket=bucket)
    keys = [each["Key"] for each in found["Contents"]]
    assert len(keys) == 1
    assert keys[0].startswith(f"templates/{planet.name}-dev-edge/")
    planet.client(PARTNER, "s3").delete_object(Bucket=bucket, Key=keys[0])
