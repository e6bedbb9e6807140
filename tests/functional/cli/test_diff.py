import json
from collections.abc import Callable

from click.testing import Result

from cdinfra.aws.fake import FakeAws

Run = Callable[..., Result]
Edit = Callable[[str, str], None]

REPLACEMENT = """\
~ update web  shop-dev-web
    -/+ Bucket  AWS::S3::Bucket  WILL BE REPLACED  ITS DATA IS LOST
        ~ BucketName  pictures → photos  (forces the replacement)

= unchanged: network

Plan: 1 to update, 1 unchanged.
REPLACED: web/Bucket
DATA IS LOST: web/Bucket
"""


def test_a_replacement_and_the_loss_of_data_are_told_loudly(
    run: Run, edit: Edit, aws: FakeAws
) -> None:
    run("up")
    edit('"pictures"', '"photos"')
    aws.stacks.replaced_types.add("AWS::S3::Bucket")
    result = run("diff")
    assert result.exit_code == 0
    assert result.stdout == REPLACEMENT
    assert result.stderr == "shop dev in the local cloud, eu-central-1\n\n"


def test_diff_changes_nothing_and_leaves_no_change_set_behind(
    run: Run, edit: Edit, aws: FakeAws
) -> None:
    run("up")
    edit('"news"', '"old news"')
    assert run("diff").stdout == run("diff").stdout
    assert aws.stacks.change_sets == ()
    assert all("UPDATE" not in call for call in aws.stacks.calls)


def test_the_exit_code_tells_changes_from_none_where_asked_for(run: Run) -> None:
    assert run("diff", "--exit-code").exit_code == 6
    assert run("diff").exit_code == 0
    run("up")
    result = run("diff", "--exit-code")
    assert result.exit_code == 0
    assert result.stdout == "Nothing changes: 2 stacks are up to date.\n"


def test_the_diff_is_one_json_document(run: Run, edit: Edit) -> None:
    run("up")
    edit('"news"', '"old news"')
    plan = json.loads(run("diff", "--output", "json").stdout)
    assert [action["verb"] for action in plan["actions"]] == ["update", "unchanged"]
    (change,) = plan["actions"][0]["resources"]
    assert change["properties"] == [
        {
            "path": "Properties.DisplayName",
            "before": "news",
            "after": "old news",
            "replacement": "False",
        }
    ]


def test_a_stack_that_was_dropped_will_be_deleted(run: Run, edit: Edit) -> None:
    run("up")
    edit("app.add(web)", "del web")
    shown = run("diff").stdout
    assert "- delete web  shop-dev-web  (" in shown
    assert "ITS DATA IS LOST" in shown
