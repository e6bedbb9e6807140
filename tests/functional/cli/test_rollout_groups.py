"""Which group a rollout is for: what a person types, against an app and a cloud."""

from collections.abc import Callable

import pytest
from click.testing import Result

Run = Callable[..., Result]

COMMANDS = (("deploy",), ("rollback",), ("redeploy",), ("resume",), ("abort",))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_group_that_does_not_exist_is_told_with_what_there_is(
    run: Run, command: tuple[str, ...]
) -> None:
    image = (":1.4.2",) if command == ("deploy",) else ()
    outcome = run(*command, "wbe", *image)
    assert outcome.exit_code == 2
    assert "error: GROUP wbe: is no deploy group of this app" in outcome.stderr


def test_a_stack_without_hosts_takes_no_release(run: Run) -> None:
    outcome = run("deploy", "network", ":1.4.2", "--output", "json")
    assert outcome.exit_code == 2
    assert '"kind": "InvalidInputError"' in outcome.stdout
    assert "GROUP network: is a stack without hosts that run a release" in outcome.stderr


def test_a_rollback_needs_its_group_where_the_app_has_not_exactly_one(run: Run) -> None:
    outcome = run("rollback")
    assert outcome.exit_code == 2
    assert "error: GROUP: is needed (the app has none)" in outcome.stderr
