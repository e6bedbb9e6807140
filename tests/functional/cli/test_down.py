import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cdinfra.cli.root import root

Run = Callable[..., Result]
Answer = Callable[[str], None]


def test_down_names_what_is_lost_and_deletes_in_reverse_order(run: Run) -> None:
    run("up")
    result = run("down")
    assert result.exit_code == 0
    assert (
        """
- delete web  shop-dev-web
    1 resource: 1 S3::Bucket
    - Bucket  AWS::S3::Bucket  shop-dev-web-bucket  ITS DATA IS LOST

- delete network  shop-dev-network
    1 resource: 1 SNS::Topic

Plan: 2 to delete.
DATA IS LOST: web/Bucket
"""
        in result.stderr
    )
    assert result.stdout == "2 stacks: 2 deleted\n"


def test_where_nothing_is_left_down_has_nothing_to_do(run: Run) -> None:
    result = run("down")
    assert result.exit_code == 0
    assert result.stdout == "Nothing to do: there is no stack.\n"


def test_an_account_is_only_touched_after_a_yes(run: Run, answer: Answer) -> None:
    run("up")
    answer("\n")
    result = run("down", "--cloud", "aws", "--allow-data-loss", "web/Bucket")
    assert result.exit_code == 5
    assert "The data of 1 resource is lost. [y/N]:" in result.stderr
    assert run("status").stdout.count("CREATE_COMPLETE") == 2


def test_where_the_local_cloud_is_not_running_there_is_nothing_to_delete(
    app_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CDINFRA_STATE", str(tmp_path / "state"))
    result = CliRunner().invoke(root, ["down", "--file", str(app_file)])
    assert result.exit_code == 0
    assert result.stdout == "Nothing to do: the local cloud is not running.\n"
    result = CliRunner().invoke(root, ["down", "--file", str(app_file), "-o", "json"])
    assert json.loads(result.stdout) == {"result": {"stacks": [], "hosts": []}}
