import json
from collections.abc import Callable

import pytest
from click.testing import Result

from cdinfra.aws.fake import FakeAws
from cdinfra.aws.tagged_resources import TaggedResource
from cdinfra.cli.failures import ORPHANS_FOUND
from cdinfra.cli.options import Request
from cdinfra.errors import CloudError

Run = Callable[..., Result]

NONE = "No orphans: a stack owns everything that carries the app's tags.\n"


def leave(aws: FakeAws, arn: str, env: str = "dev", **tags: str) -> None:
    aws.tagged_resources.add("shop", env, TaggedResource(arn=arn, tags=tags))


def test_where_stacks_own_everything_it_says_so(run: Run, aws: FakeAws) -> None:
    run("up")
    leave(aws, "arn:aws:s3:::shop-dev-web-bucket")
    result = run("orphans", "--exit-code")
    assert (result.exit_code, result.stdout) == (0, NONE)


def test_each_orphan_says_why_and_shows_both_ways_out(run: Run, aws: FakeAws) -> None:
    stack = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop-dev-web/gone"
    names = {"stack-id": stack, "stack-name": "shop-dev-web", "logical-id": "Bucket"}
    tags = {f"aws:cloudformation:{key}": value for key, value in names.items()}
    leave(aws, "arn:aws:s3:::pictures", **tags)
    leave(aws, "arn:aws:odd:eu-central-1:123456789012:thing/1\x1b[31m")
    result = run("orphans")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "2 resources carry the app's tags, and no stack owns them."
    assert lines[2].startswith("arn:aws:odd")
    assert "\x1b" not in result.stdout
    assert lines[7] == "    delete  no command is known here for its type"
    assert lines[9:15] == [
        "pictures  AWS::S3::Bucket  HOLDS DATA",
        "    arn     arn:aws:s3:::pictures",
        "    why     its stack shop-dev-web is deleted",
        "    tags    cdinfra:app=shop cdinfra:env=dev",
        lines[13],
        "    delete  aws s3 rb --force s3://pictures",
    ]
    assert lines[13].startswith("    import  cdinfra import web Bucket=pictures --file ")


def test_one_orphan_is_told_in_the_singular(run: Run, aws: FakeAws) -> None:
    leave(aws, "arn:aws:s3:::pictures")
    first = run("orphans").stdout.splitlines()[0]
    assert first == "1 resource carries the app's tags, and no stack owns it."


def test_the_exit_code_tells_of_orphans_where_it_is_asked_for(run: Run, aws: FakeAws) -> None:
    leave(aws, "arn:aws:s3:::pictures")
    assert run("orphans", "--exit-code").exit_code == ORPHANS_FOUND == 11


def test_orphans_are_one_json_document(run: Run, aws: FakeAws) -> None:
    leave(aws, "arn:aws:s3:::other")
    (found,) = json.loads(run("orphans", "--output", "json").stdout)["orphans"]
    assert found["arn"] == "arn:aws:s3:::other"
    assert found["tags"] == {"cdinfra:app": "shop", "cdinfra:env": "dev"}
    assert (found["is_described"], found["holds_data"]) == (False, True)
    assert run("orphans", "--env", "staging", "--output", "json").stdout == (
        '{\n  "orphans": []\n}\n'
    )


def test_the_commands_lead_to_the_same_stacks(run: Run, aws: FakeAws) -> None:
    leave(aws, "arn:aws:s3:::pictures", env="staging")
    options = ("--env", "staging", "--cloud", "aws", "--region", "eu-west-1", "--profile", "a b")
    (found,) = json.loads(run("orphans", *options, "--output", "json").stdout)["orphans"]
    assert found["import_command"].startswith("cdinfra import web Bucket=pictures --file ")
    assert found["import_command"].endswith(
        "--env staging --cloud aws --region eu-west-1 --profile 'a b'"
    )


def test_a_cloud_that_refuses_gives_an_error(run: Run, aws: FakeAws) -> None:
    run("up")
    leave(aws, "arn:aws:s3:::pictures")
    aws.stacks.script("list_resources", CloudError("cannot list", hint="lacks permission"))
    result = run("orphans")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "error: cannot list\nhint: lacks permission\n" in result.stderr


def test_orphans_starts_no_local_cloud(run: Run, opened: list[tuple[Request, bool]]) -> None:
    run("orphans")
    assert [start for _, start in opened] == [False]


@pytest.mark.parametrize("words", ["exit code 11", "IAM roles and Auto Scaling groups"])
def test_the_help_tells_the_exit_code_and_what_is_not_seen(run: Run, words: str) -> None:
    assert words in " ".join(run("orphans", "--help").stdout.split())
