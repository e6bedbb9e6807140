import json
import re
from collections.abc import Callable

import pytest
from click.testing import Result

from cdinfra.aws.fake import FakeAws
from cdinfra.cli.options import Request

Run = Callable[..., Result]
Edit = Callable[[str, str], None]
Answer = Callable[[str], None]
Opened = list[tuple[Request, bool]]

CREATED = """\
2 stacks: 2 created

OUTPUT            VALUE
network.TopicArn  shop-dev-network-topic
web.Url           http://web
"""
CREATION = """\
shop dev in the local cloud, eu-central-1

+ create network  shop-dev-network
    1 resource: 1 SNS::Topic

+ create web  shop-dev-web
    1 resource: 1 S3::Bucket

Plan: 2 to create.

TIME network      create shop-dev-network
TIME network      CREATE_IN_PROGRESS           shop-dev-network \
AWS::CloudFormation::Stack: User Initiated
TIME network      CREATE_IN_PROGRESS           Topic AWS::SNS::Topic
TIME network      CREATE_COMPLETE              Topic AWS::SNS::Topic
TIME network      CREATE_COMPLETE              shop-dev-network AWS::CloudFormation::Stack
TIME network      created in N s
TIME web          create shop-dev-web
TIME web          CREATE_IN_PROGRESS           shop-dev-web \
AWS::CloudFormation::Stack: User Initiated
TIME web          CREATE_IN_PROGRESS           Bucket AWS::S3::Bucket
TIME web          CREATE_COMPLETE              Bucket AWS::S3::Bucket
TIME web          CREATE_COMPLETE              shop-dev-web AWS::CloudFormation::Stack
TIME web          created in N s

"""


def without_times(text: str) -> str:
    """Return text in which it does not matter how often the cloud was asked."""
    return re.sub(r"in \d\.\d s", "in N s", re.sub(r"(?m)^09:00:0\d", "TIME", text))


def test_up_in_a_pipe_reads_like_this(run: Run) -> None:
    result = run("up")
    assert result.exit_code == 0
    assert without_times(result.stderr) == CREATION
    assert result.stdout == CREATED


def test_a_second_up_says_in_one_line_that_nothing_changes(run: Run) -> None:
    run("up")
    again = run("up")
    assert again.exit_code == 0
    assert again.stdout == "Nothing changes: 2 stacks are up to date.\n"
    assert again.stderr == ""


def test_a_change_is_shown_property_by_property_and_then_done(run: Run, edit: Edit) -> None:
    run("up")
    edit('"news"', '"old news"')
    result = run("up", "network")
    assert result.exit_code == 0
    assert (
        """
~ update network  shop-dev-network
    ~ Topic  AWS::SNS::Topic
        ~ DisplayName  news → old news

Plan: 1 to update.
"""
        in result.stderr
    )
    assert result.stdout.startswith("1 stack: 1 updated\n")


def test_a_failure_shows_its_cause_and_ends_with_4(run: Run, aws: FakeAws) -> None:
    aws.stacks.fail("shop-dev-network", "Topic", "limit exceeded")
    result = run("up")
    assert result.exit_code == 4
    assert result.stdout == "2 stacks: 1 failed, 1 skipped\n"
    assert "web          skipped: network failed" in result.stderr
    *_, cause, source, hint = result.stderr.splitlines()
    assert cause == "error: shop-dev-network failed: Topic (AWS::SNS::Topic): limit exceeded"
    assert re.fullmatch(r"       made by \S+/infra\.py:38", source)
    assert re.fullmatch(r"hint: why, and what to do next: cdinfra explain --file \S+ network", hint)


def test_json_is_one_object_a_line_from_the_plan_to_the_result(run: Run) -> None:
    lines = [json.loads(line) for line in run("up", "--output", "json").stdout.splitlines()]
    assert [next(iter(line)) for line in lines] == ["plan", *["event"] * 12, "result"]
    assert lines[0]["plan"]["actions"][0]["verb"] == "create"
    assert [stack["outcome"] for stack in lines[-1]["result"]["stacks"]] == ["created"] * 2
    assert lines[-1]["result"]["stacks"][1]["outputs"] == {"Url": "http://web"}


def test_json_has_a_result_even_where_nothing_changes(run: Run) -> None:
    run("up")
    plan, *_, result = map(json.loads, run("up", "-o", "json").stdout.splitlines())
    assert plan["plan"]["is_empty"] is True
    assert [stack["outcome"] for stack in result["result"]["stacks"]] == ["unchanged"] * 2


def test_json_of_a_failure_ends_with_the_result_and_the_error(run: Run, aws: FakeAws) -> None:
    aws.stacks.fail("shop-dev-network", "Topic", "limit exceeded")
    result = run("up", "-o", "json")
    *_, ended, error = map(json.loads, result.stdout.splitlines())
    assert ended["result"]["stacks"][0]["outcome"] == "failed"
    assert error["error"]["exit_code"] == result.exit_code == 4
    assert "limit exceeded" in error["error"]["message"]


def test_the_local_cloud_is_not_asked_about_unless_wanted(
    run: Run, aws: FakeAws, answer: Answer
) -> None:
    answer("n\n")
    result = run("up", "--ask")
    assert result.exit_code == 5
    assert "Do this to shop dev in the local cloud, eu-central-1? [y/N]: n" in result.stderr
    assert result.stderr.endswith("error: declined; nothing was changed\n")
    assert aws.stacks.change_sets == ()
    assert run("status").stdout.count("not deployed") == 2


def test_an_account_is_asked_about_and_named(run: Run, answer: Answer) -> None:
    answer("y\n")
    result = run("up", "--cloud", "aws")
    assert result.exit_code == 0
    assert "Do this to shop dev in AWS account 123456789012, eu-central-1?" in result.stderr


def test_without_a_terminal_an_account_needs_yes(run: Run, aws: FakeAws) -> None:
    refused = run("up", "--cloud", "aws")
    assert refused.exit_code == 2
    assert refused.stderr == ("error: --yes: is needed, because there is no terminal to ask on\n")
    assert aws.stacks.calls == []
    assert run("up", "--cloud", "aws", "--yes").exit_code == 0


def test_ctrl_c_says_what_goes_on_and_ends_with_130(run: Run, aws: FakeAws) -> None:
    aws.stacks.script("describe_events", None, None, KeyboardInterrupt())
    result = run("up")
    assert result.exit_code == 130
    assert "shop-dev-network: the operation goes on in the cloud" in result.stderr
    assert result.stderr.endswith("interrupted\n")
    assert "Traceback" not in result.output


def test_an_unknown_stack_is_refused_with_the_nearest(run: Run) -> None:
    result = run("up", "wbe")
    assert result.exit_code == 2
    assert result.stderr == "error: wbe: is no stack of this app (did you mean 'web'?)\n"


@pytest.mark.parametrize(
    "command", ["up", "diff", "down", "status", "outputs", "explain", "events", "hosts"]
)
def test_a_profile_makes_no_sense_in_the_local_cloud(
    run: Run, opened: Opened, command: str
) -> None:
    result = run(command, "--profile", "work")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: --profile: the local cloud has no profiles")
    assert opened == []


def test_every_resource_is_named_on_request(run: Run) -> None:
    assert "    + Topic  AWS::SNS::Topic\n" in run("up", "--all-resources").stderr
