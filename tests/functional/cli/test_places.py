"""What a person sees of an app in several places."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from cdinfra.aws.fake import FakeAws
from cdinfra.model import Place

Run = Callable[..., Result]
Edit = Callable[[str, str], None]

US = Place(region="us-east-1")
PLACED = "app.add(web, place=Place(region='us-east-1'))"


@pytest.fixture(autouse=True)
def _edge(edit: Edit) -> None:
    edit("    app.add(web)", f"    {PLACED}")
    edit("from cdinfra.model import", "from cdinfra.model import FromEnvironment, Place,")


def test_up_says_where_it_acts_and_where_each_stack_goes(run: Run, aws: FakeAws) -> None:
    done = run("up")
    assert done.exit_code == 0, done.output
    own = "shop dev in the local cloud, eu-central-1"
    assert done.stderr.splitlines()[0] == f"{own} and in 123456789012 us-east-1"
    assert "+ create network  shop-dev-network  in 123456789012 eu-central-1" in done.stderr
    assert "+ create web  shop-dev-web  in 123456789012 us-east-1" in done.stderr
    assert aws.at(US).stacks.describe_stack("shop-dev-web")


def test_status_has_a_column_for_the_place(run: Run) -> None:
    run("up")
    heading, network, web = run("status").stdout.splitlines()
    assert heading.split() == ["STACK", "STATUS", "CHANGED", "PLACE"]
    assert network.endswith("123456789012 eu-central-1")
    assert web.endswith("123456789012 us-east-1")


def test_list_says_what_is_known_of_the_place_without_a_cloud(run: Run) -> None:
    heading, network, web = run("list").stdout.splitlines()
    assert heading.split() == ["STACK", "NAME", "RESOURCES", "PLACE", "AFTER"]
    assert network.split() == ["network", "shop-dev-network", "1"]
    assert web.split() == ["web", "shop-dev-web", "1", "us-east-1", "network"]
    stacks = json.loads(run("list", "--output", "json").stdout)["stacks"]
    assert stacks[1]["place"]["region"] == "us-east-1"


def test_json_has_the_location_of_each_stack(run: Run) -> None:
    plan = json.loads(run("diff", "--output", "json").stdout)
    locations = [each["location"] for each in plan["actions"]]
    assert locations[1] == {"account_id": "123456789012", "region": "us-east-1"}
    assert all("place" not in each for each in plan["actions"])


def test_an_account_of_somebody_else_is_refused(run: Run, edit: Edit, aws: FakeAws) -> None:
    edit(PLACED, f"{PLACED}; app.expect_accounts({{'dev': '999999999999'}})")
    refused = run("up", "--cloud", "aws", "--yes")
    assert refused.exit_code == 2
    assert "of 123456789012, and dev belongs to 999999999999" in refused.stderr
    assert not aws.stacks.calls


MORE = "{'A': FromEnvironment('NO_A'), 'B': FromEnvironment('NO_B')}"


def test_missing_values_are_told_together_with_their_parameters(run: Run, edit: Edit) -> None:
    edit('{"NetworkTopicArn": source}', f'{{"NetworkTopicArn": source, **{MORE}}}')
    edit("for each in self.sources.values()", "for each in self.references")
    edit(
        "    foundational: bool = False",
        "    foundational: bool = False\n\n"
        "    @property\n"
        "    def references(self):\n"
        "        return [each for each in self.sources.values() if hasattr(each, 'stack')]",
    )
    refused = run("diff")
    assert refused.exit_code == 2
    assert "stacks/web/parameters/A: the environment variable NO_A is not set" in refused.stderr
    assert "stacks/web/parameters/B: the environment variable NO_B is not set" in refused.stderr
    assert run("down").exit_code == 0
