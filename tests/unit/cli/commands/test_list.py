import json
from collections.abc import Callable

from click.testing import Result

Run = Callable[..., Result]


def test_the_stacks_are_listed_in_the_order_in_which_they_are_made(run: Run) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert (
        result.stdout
        == """\
STACK    NAME              RESOURCES  AFTER
network  shop-dev-network  1
web      shop-dev-web      2          network
"""
    )
    assert result.stderr == ""


def test_the_list_is_one_json_document(run: Run) -> None:
    stacks = json.loads(run("list", "--output", "json", "--env", "staging").stdout)["stacks"]
    assert [stack["stack_name"] for stack in stacks] == ["shop-staging-network", "shop-staging-web"]
    assert stacks[1]["after"] == ["network"]
    assert stacks[1]["parameters"] == ["NetworkTopicArn"]


def test_an_environment_that_does_not_exist_is_refused_with_the_nearest(run: Run) -> None:
    result = run("list", "--env", "stagin")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: env: 'stagin' is not one (did you mean 'staging'?)")
