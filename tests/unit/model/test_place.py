from collections.abc import Callable
from dataclasses import dataclass

import pytest

from cdinfra.errors import InvalidInputError
from cdinfra.model import HOME, App, BuildContext, Place, StackTemplate
from cdinfra.model.place import place_problems

ROLE = "arn:aws:iam::210987654321:role/teams/deployer"
US = Place(region="us-east-1")
PARTNER = Place(region="eu-west-1", account_role=ROLE, external_id="shop")


@dataclass
class Empty:
    name: str
    foundational: bool = False

    def build(self, context: BuildContext) -> StackTemplate:
        name = context.stack_name(self.name)
        return StackTemplate(name=self.name, stack_name=name, document={"Resources": {}})


@pytest.fixture
def app() -> App:
    return App("shop", env="dev", environments=("dev", "production"), owner="team")


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InvalidInputError) as caught:
        call()
    return caught.value.message


def test_a_place_knows_the_account_of_its_role() -> None:
    assert PARTNER.account_id == "210987654321"
    assert US.account_id is None


def test_a_stack_is_in_the_place_that_it_was_added_with(app: App) -> None:
    app.add(Empty("web"))
    app.add(Empty("edge"), place=US)
    assert {each.name: each.place for each in app.build()} == {"web": HOME, "edge": US}


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("us-east-1", "'us-east-1' is no Place (for example Place(region='us-east-1'))"),
        (Place(region="Virginia"), "/region: 'Virginia' is no region (for example 'us-east-1')"),
        (Place(region=""), "/region: '' is no region"),
        (Place(account_role="deployer"), "/account_role: 'deployer' is no account role"),
        (Place(account_role=ROLE.replace("role", "user")), "is no account role"),
        (Place(account_role=ROLE, external_id="x"), "/external_id: 'x' is no external id"),
        (Place(external_id="shop"), "/external_id: says nothing without an account_role"),
    ],
)
def test_what_is_no_place_is_refused_when_a_stack_is_added(
    app: App, place: Place, problem: str
) -> None:
    message = refusal(lambda: app.add(Empty("web"), place=place))
    assert message.startswith("stacks/web/place")
    assert problem in message


def test_an_account_is_entered_in_one_way_only(app: App) -> None:
    app.add(Empty("web"), place=PARTNER)
    app.add(Empty("edge"), place=Place(account_role=ROLE.replace("deployer", "other")))
    message = refusal(app.build)
    assert "stacks/edge/place: enters the account 210987654321 otherwise than stacks/web" in message


def test_further_places_are_kept_and_checked(app: App) -> None:
    app.look_in(US)
    app.look_in(PARTNER)
    assert app.places == (US, PARTNER)
    assert refusal(lambda: app.look_in(HOME, Place(region="x"))).startswith("look_in/1/region: 'x'")


def test_an_environment_may_belong_to_an_account(app: App) -> None:
    app.expect_accounts({"production": "123456789012"})
    assert app.account is None
    app.expect_accounts({"dev": "000000000001", "production": "123456789012"})
    assert app.account == "000000000001"


def test_everything_that_is_wrong_with_expected_accounts_is_told(app: App) -> None:
    message = refusal(lambda: app.expect_accounts({"prod": "1", "dev": 123456789012}))  # type: ignore[dict-item] # what people write
    assert "accounts/prod: is no environment (did you mean 'production'?)" in message
    assert "accounts/prod: '1' is no account (twelve digits" in message
    assert "accounts/dev: 123456789012 is no account" in message
    assert "is no dict" in refusal(lambda: app.expect_accounts("1"))  # type: ignore[arg-type] # as above


@pytest.mark.parametrize(
    "region", ["eu-central-1", "us-gov-west-1", "eu-isoe-west-1", "cn-north-1"]
)
def test_regions_of_every_partition_are_regions(region: str) -> None:
    assert not tuple(place_problems("here", Place(region=region)))
