"""An app whose stacks are in several places, from the plan to what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.fake import FakeAws
from cdinfra.deploy.deployer import Deployer
from cdinfra.deploy.locations import refuse_other_account
from cdinfra.errors import InvalidInputError
from cdinfra.model import HOME, App, Place
from cdinfra.publish.load import PublishedApp

if TYPE_CHECKING:
    from cdinfra.aws.account import Account
    from tests.unit.deploy.conftest import Make, PlainStack, Run

US = Place(region="us-east-1")
PARTNER = Place(account_role="arn:aws:iam::210987654321:role/deployer")
HOME_ACCOUNT = "123456789012 eu-central-1"
US_ACCOUNT = "123456789012 us-east-1"


def app_of(make: Make, *stacks: tuple[PlainStack, Place], look_in: tuple[Place, ...] = ()) -> App:
    app = make.shop()
    for stack, place in stacks:
        app.add(stack, place=place)
    app.look_in(*look_in)
    return app


def names_at(run: Run, place: Place) -> set[str]:
    return {each.name for each in run.aws.at(place).stacks.describe_stacks() or ()}


def verbs(deployer: Deployer) -> dict[str, tuple[str, str]]:
    actions = deployer.preview(deployer.plan_up()).actions
    return {each.stack: (str(each.verb), str(each.location)) for each in actions}


def test_each_stack_is_made_in_its_place_and_fed_across_places(run: Run, make: Make) -> None:
    app = app_of(
        make, (make.network(), HOME), (make.consumer("web"), US), (make.consumer("far"), PARTNER)
    )
    assert set(run.up(app=app).values()) == {"created"}
    assert names_at(run, HOME) == {"shop-dev-network"}
    assert names_at(run, US) == {"shop-dev-web"}
    assert names_at(run, PARTNER) == {"shop-dev-far"}
    for place, name in ((US, "shop-dev-web"), (PARTNER, "shop-dev-far")):
        stack = run.aws.at(place).stacks.describe_stack(name)
        assert stack is not None
        assert stack.parameters == {"VpcId": "shop-dev-network-vpc"}
    assert set(run.up(app=app).values()) == {"unchanged"}


def test_a_plan_and_a_summary_say_where_each_stack_is(run: Run, make: Make) -> None:
    app = app_of(make, (make.network(), HOME), (make.consumer("web"), US))
    expected = {"network": ("create", HOME_ACCOUNT), "web": ("create", US_ACCOUNT)}
    with run.deployer(app=app) as deployer:
        assert verbs(deployer) == expected
        places = {each.stack: str(each.location) for each in deployer.status()}
        assert places == {"network": HOME_ACCOUNT, "web": US_ACCOUNT}


def test_an_app_in_one_place_has_no_locations(run: Run, make: Make) -> None:
    with run.deployer(make.network()) as deployer:
        assert {each.location for each in deployer.plan_up().actions} == {None}
        assert deployer.locations() == {}


def test_down_deletes_in_all_places_in_the_reverse_order(run: Run, make: Make) -> None:
    app = app_of(make, (make.network(), HOME), (make.consumer("web"), US))
    run.up(app=app)
    with run.deployer(app=app) as deployer:
        result = deployer.execute(deployer.preview(deployer.plan_down()))
    assert [each.stack for each in result.stacks] == ["web", "network"]
    assert not names_at(run, HOME) | names_at(run, US)


def test_a_stack_taken_out_is_deleted_where_the_app_still_looks(run: Run, make: Make) -> None:
    run.up(app=app_of(make, (make.network(), HOME), (make.single("edge"), US)))
    unseen = app_of(make, (make.network(), HOME))
    assert run.up(app=unseen) == {"network": "unchanged"}
    assert names_at(run, US) == {"shop-dev-edge"}
    seen = app_of(make, (make.network(), HOME), look_in=(US,))
    assert run.up(app=seen) == {"network": "unchanged", "edge": "deleted"}
    assert not names_at(run, US)


def test_a_stack_that_moves_is_made_anew_before_the_old_one_is_deleted(
    run: Run, make: Make
) -> None:
    run.up(app=app_of(make, (make.single("edge"), HOME)))
    moved = app_of(make, (make.single("edge"), US))
    old = f"edge@{HOME_ACCOUNT.replace(' ', '/')}"
    with run.deployer(app=moved) as deployer:
        plan = deployer.preview(deployer.plan_up())
        assert [(each.stack, str(each.verb)) for each in plan.actions] == [
            ("edge", "create"),
            (old, "delete"),
        ]
        assert plan.actions[1].reason == "infra.py has it in another place"
        assert plan.actions[1].after == ("edge",)
        deployer.execute(plan)
    assert names_at(run, US) == {"shop-dev-edge"}
    assert not names_at(run, HOME)


def test_a_moved_stack_that_is_still_there_is_told_apart_by_its_arn(run: Run, make: Make) -> None:
    run.up(app=app_of(make, (make.single("edge"), HOME)))
    with run.deployer(app=app_of(make, (make.single("edge"), US))) as deployer:
        wanted, old = deployer.status()
    assert (wanted.stack_name, wanted.status) == ("shop-dev-edge", "")
    assert old.stack_name.startswith("arn:aws:cloudformation:eu-central-1:")
    assert not old.in_app


def test_the_image_of_a_region_is_looked_up_in_that_region(run: Run, make: Make) -> None:
    path = "/aws/service/image"
    stack = make.plain(
        name="web",
        document={
            "Parameters": {
                "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": path}
            },
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        },
    )
    app = app_of(make, (stack, US))
    run.aws.ssm_parameters.values[path] = "ami-home"
    run.aws.at(US).ssm_parameters.values[path] = "ami-1"
    run.up(app=app)
    run.aws.ssm_parameters.values[path] = "ami-other"
    assert run.up(app=app) == {"web": "unchanged"}
    run.aws.at(US).ssm_parameters.values[path] = "ami-2"
    with run.deployer(app=app) as deployer:
        (action,) = deployer.plan_up().actions
    assert action.reason == f"{path} is now ami-2"


def large(make: Make, name: str) -> PlainStack:
    topics: dict[str, Any] = {
        f"Topic{number}": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "x" * 90}}
        for number in range(400)
    }
    return make.plain(name=name, document={"Resources": topics})


def foundation(make: Make, name: str) -> PlainStack:
    outputs = {"BucketName": {"Value": f"bucket-of-{name}"}}
    document = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}, "Outputs": outputs}
    return make.plain(name=name, document=document, foundational=True)


def test_a_large_template_lies_in_the_bucket_of_its_own_place(run: Run, make: Make) -> None:
    app = app_of(
        make,
        (foundation(make, "base"), HOME),
        (foundation(make, "base-us"), US),
        (large(make, "edge"), US),
    )
    assert set(run.up(app=app).values()) == {"created"}
    assert not run.aws.storage.objects
    ((bucket, _),) = run.aws.at(US).storage.objects
    assert bucket == "bucket-of-base-us"


def test_a_large_template_without_a_bucket_in_its_place_is_told_what_it_needs(
    run: Run, make: Make
) -> None:
    app = app_of(make, (foundation(make, "base"), HOME), (large(make, "edge"), US))
    expected = (
        r"in the app's bucket in the same region and account \(add a "
        r"Foundation of another name there, with the same place=…\)"
    )
    with run.deployer(app=app) as deployer, pytest.raises(InvalidInputError, match=expected):
        deployer.plan_up()


def test_what_a_stack_in_another_place_still_uses_is_removed_after_it(run: Run, make: Make) -> None:
    def zoned(count: int) -> App:
        network = make.network(subnets=count)
        ids = {"Fn::Join": [",", [{"Ref": f"Subnet{number}"} for number in range(count)]]}
        document = {**network.document, "Outputs": {"VpcId": {"Value": ids}}}
        home = make.plain(name="network", document=document)
        return app_of(make, (home, HOME), (make.consumer("web"), US))

    run.up(app=zoned(2))
    with run.deployer(app=zoned(1)) as deployer:
        plan = deployer.preview(deployer.plan_up())
        assert [each.stack for each in plan.actions] == ["web", "network"]
        deployer.execute(plan)
    web = run.aws.at(US).stacks.describe_stack("shop-dev-web")
    assert web is not None
    assert web.parameters == {"VpcId": "shop-dev-network-subnet0"}


def test_another_account_than_that_of_the_environment_is_refused_before_anything(
    run: Run, make: Make
) -> None:
    app = make.shop(make.network())
    app.expect_accounts({"dev": "999999999999"})
    with run.deployer(app=app) as deployer:
        for plan in (deployer.plan_up, deployer.plan_down, deployer.status):
            with pytest.raises(InvalidInputError) as caught:
                plan()
    assert caught.value.message == (
        "account: these credentials are of 123456789012, and dev belongs to 999999999999 "
        "(use those of the other account, for example with --profile)"
    )
    assert not run.aws.stacks.calls


def test_the_right_account_and_one_that_nobody_stated_are_accepted(run: Run, make: Make) -> None:
    app = make.shop(make.network())
    app.expect_accounts({"staging": "999999999999"})
    assert run.up(app=app) == {"network": "created"}
    app.expect_accounts({"dev": "123456789012"})
    assert run.up(app=app) == {"network": "unchanged"}


def test_an_app_that_is_in_accounts_of_roles_only_is_not_asked_for_its_own(make: Make) -> None:
    app = app_of(make, (make.network(), PARTNER))
    app.expect_accounts({"dev": "999999999999"})
    asked: list[str] = []

    def find_account() -> Account:
        asked.append("once")
        return FakeAws().accounts.describe_account()

    refuse_other_account(app, find_account)
    assert not asked


def test_a_published_version_is_in_the_same_places(run: Run, make: Make) -> None:
    app = app_of(make, (make.network(), HOME), (make.consumer("web"), US))
    published = PublishedApp(
        name=app.name,
        env=app.env,
        region=None,
        account="123456789012",
        places=(),
        foundations=(),
        version="1",
        templates=app.build(),
    )
    with Deployer(run.aws, published) as deployer:
        assert verbs(deployer)["web"] == ("create", US_ACCOUNT)
