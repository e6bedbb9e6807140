import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from cdinfra.aws.fake import FakeAws

Run = Callable[..., Result]
Edit = Callable[[str, str], None]

KEPT = '"Properties": {"BucketName": "pictures"}, "DeletionPolicy": "Retain"}'


@pytest.fixture(autouse=True)
def bucket_that_is_kept(edit: Edit) -> None:
    edit('"Properties": {"BucketName": "pictures"}}', KEPT)


def without_file(text: str) -> str:
    """Return a text whose commands do not name the test's own file."""
    return re.sub(r" --file \S+", "", text)


def test_an_import_shows_the_plan_the_events_and_what_to_do_next(run: Run, aws: FakeAws) -> None:
    result = run("import", "web", "Bucket=pictures")
    assert result.exit_code == 0
    assert result.stdout == "1 stack: 1 imported\n"
    for line in (
        "> import web  shop-dev-web  (a new stack of these alone)\n",
        "    > Bucket  AWS::S3::Bucket  pictures\n",
        "Plan: 1 to import.\n",
        "IMPORT_COMPLETE              Bucket AWS::S3::Bucket\n",
        "web          imported in ",
        "with the template: cdinfra drift web\n",
        "for the stack: cdinfra up web\n",
    ):
        assert line in without_file(result.stderr)
    assert aws.stacks.stack("shop-dev-web").resources == {"Bucket": "AWS::S3::Bucket"}


def test_what_up_does_afterwards_is_the_rest(run: Run) -> None:
    run("import", "web", "Bucket=pictures")
    result = run("up")
    assert result.exit_code == 0
    assert "1 created, 1 updated" in result.stdout


def test_a_file_names_the_resources(run: Run, tmp_path: Path) -> None:
    ids = tmp_path / "ids.json"
    ids.write_text('{"Bucket": {"BucketName": "pictures"}}', encoding="utf-8")
    assert run("import", "web", "--ids", str(ids)).exit_code == 0


def test_the_plan_and_the_result_are_json_lines(run: Run) -> None:
    lines = run("import", "web", "Bucket=pictures", "--output", "json").stdout.splitlines()
    plan, outcome = json.loads(lines[0])["plan"], json.loads(lines[-1])["result"]
    (action,) = plan["actions"]
    assert action["verb"] == "import"
    assert action["imports"] == [
        {
            "logical_id": "Bucket",
            "resource_type": "AWS::S3::Bucket",
            "identifier": {"BucketName": "pictures"},
        }
    ]
    assert outcome["stacks"][0]["outcome"] == "imported"


def test_a_person_who_says_no_changes_nothing(
    run: Run, aws: FakeAws, answer: Callable[[str], None]
) -> None:
    answer("n\n")
    result = run("import", "web", "Bucket=pictures", "--ask")
    assert result.exit_code == 5
    assert aws.stacks.describe_stacks() == ()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("web",), "command line: names no resource (write LOGICAL_ID=PHYSICAL_ID"),
        (("web", "Bucket"), "Bucket: does not say which resource is meant"),
        (("wbe", "Bucket=x"), "wbe: is no stack of this app (did you mean 'web'?)"),
        (("web", "Buket=x"), "stacks/web/Buket: infra.py has no such resource (did you mean"),
        (("network", "Topic=x"), "stacks/network/Topic: has no DeletionPolicy"),
        (("web", "--ids", "nothing.json"), "nothing.json: cannot be read"),
    ],
)
def test_wrong_words_are_told_and_change_nothing(
    run: Run, aws: FakeAws, words: tuple[str, ...], told: str
) -> None:
    result = run("import", *words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not any(each.startswith("create_change_set") for each in aws.stacks.calls)


def test_a_failed_import_names_the_cause_and_the_way_back(run: Run, aws: FakeAws) -> None:
    aws.stacks.fail("shop-dev-web", "Bucket", "was not found")
    result = run("import", "web", "Bucket=nothing")
    assert result.exit_code == 4
    assert "Bucket (AWS::S3::Bucket): was not found" in result.stderr
    assert "cdinfra drift" not in result.stderr
    told = without_file(run("explain", "web").stdout)
    assert "cdinfra import web LOGICAL_ID=PHYSICAL_ID" in told
