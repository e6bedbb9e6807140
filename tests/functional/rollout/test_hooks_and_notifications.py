"""Programs around a rollout and those who are told of it, over HTTP and with real processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from cdinfra.aws.cloud import connect
from cdinfra.cli.access import Access
from cdinfra.cli.root import root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cdinfra.local.process import LocalCloud

APP = '''
"""A bucket, a topic, and a group without hosts, with programs and receivers around its rollouts."""

import sys
from dataclasses import dataclass

from cdinfra import App
from cdinfra.model import BuildContext, FromEnvironment, OutputReference, Retained, StackTemplate
from cdinfra.stacks import Hook, StackSettings, Topic, Webhook, When

TOPIC = {"Type": "AWS::SNS::Topic"}
SAY = (
    "import json, os, sys; names = sorted(each for each in os.environ if 'CDINFRA_' in each);"
    "outputs = json.load(open(os.environ['CDINFRA_OUTPUTS']));"
    "told = {each: os.environ[each] for each in names};"
    "print(json.dumps({'told': told, 'outputs': outputs}));"
    "open('told.jsonl', 'a').write(json.dumps({'told': told, 'outputs': outputs}) + chr(10));"
    "sys.exit(os.path.exists('fail-' + os.environ['CDINFRA_HOOK']))"
)


@dataclass
class Plain:
    name: str
    resources: dict
    outputs: dict
    parameters: dict
    foundational: bool = False

    def build(self, context: BuildContext) -> StackTemplate:
        document = {
            "Resources": self.resources,
            "Outputs": {key: {"Value": value} for key, value in self.outputs.items()},
        }
        if self.parameters:
            document["Parameters"] = {"Release": {"Type": "String", "Default": ""}}
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document=document,
            parameters=self.parameters,
            tags=context.all_tags(),
        )


def build_app(env: str) -> App:
    app = App("around", env=env, owner="me")
    bucket = {"Bucket": {"Type": "AWS::S3::Bucket"}, "Topic": TOPIC}
    outputs = {"BucketName": {"Ref": "Bucket"}, "TopicArn": {"Ref": "Topic"}}
    app.add(Plain("base", bucket, outputs, {}, foundational=True))
    tags = [{"Key": "release", "Value": {"Ref": "Release"}}]
    hosts = {"Topic": {**TOPIC, "Properties": {"Tags": tags}}}
    web = Plain("web", hosts, {"DeployGroup": "around-dev-web"}, {"Release": Retained(initial="")})
    say = (sys.executable, "-c", SAY)
    moments = (When.BEFORE_DEPLOY, When.AFTER_DEPLOY, When.FAILED_DEPLOY)
    app.add(
        web,
        settings=StackSettings(
            hooks=tuple(Hook(command=say, when=each) for each in moments),
            deploy_notifications=(
                Topic(OutputReference(stack="base", output="TopicArn")),
                Webhook(FromEnvironment("AROUND_WEBHOOK")),
            ),
        ),
    )
    return app
'''


def release(number: int) -> str:
    """Return a release in a registry that nobody looks into."""
    return f"registry.example/web@sha256:{number:064x}"


@pytest.fixture(scope="module")
def around(
    local_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Any, Callable[..., Result]]]:
    """The app with its bucket, a queue behind its topic, and the command line beside it."""
    folder = tmp_path_factory.mktemp("around")
    (folder / "infra.py").write_text(APP, encoding="utf-8")
    aws = connect(local_cloud.connection())
    world = Access(open=lambda *_, **__: aws, can_ask=lambda: False)

    def run(*words: str) -> Result:
        return CliRunner().invoke(root, [*words, "--file", str(folder / "infra.py")], obj=world)

    up = run("up")
    assert up.exit_code == 0, up.output
    base = aws.stacks.describe_stack("around-dev-base")
    assert base is not None
    arn = base.outputs["TopicArn"]
    sqs = aws.clients.client("sqs")
    url = sqs.create_queue(QueueName="around")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    aws.clients.client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue["QueueArn"])

    def told() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for each in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return [json.loads(json.loads(each["Body"])["Message"]) for each in found]

    yield folder, told, run
    sqs.delete_queue(QueueUrl=url)


def hooks_told(folder: Path) -> list[dict[str, Any]]:
    """Return what hooks were told since the last look."""
    file = folder / "told.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [json.loads(each) for each in lines]


def test_programs_run_and_a_topic_is_told_before_and_after(around: Any) -> None:
    folder, told, run = around
    plan = run("deploy", "web", release(1), "--dry-run")
    assert "runs before deploy:" in plan.stdout
    done = run("deploy", "web", release(1), "--run-url", "https://ci/7", "--by", "me@laptop")
    assert done.exit_code == 0, done.output
    before, after = hooks_told(folder)
    assert before["outputs"]["base"]["TopicArn"].startswith("arn:aws:sns:")
    assert "CDINFRA_OUTCOME" in before["told"]
    assert [each["told"]["CDINFRA_HOOK"] for each in (before, after)] == [
        "before_deploy",
        "after_deploy",
    ]
    for each in (before, after):
        assert each["told"]["CDINFRA_RELEASE"] == release(1)
        assert each["told"]["CDINFRA_RUN_URL"] == "https://ci/7"
    assert (before["told"]["CDINFRA_OUTCOME"], after["told"]["CDINFRA_OUTCOME"]) == (
        "",
        "deployed",
    )
    first, last = sorted(told(), key=lambda each: str(each["time"]))
    assert (first["event"], last["event"], last["outcome"]) == ("started", "ended", "deployed")
    assert (last["release"], last["runs"], last["ok"]) == (release(1), release(1), True)
    # Its webhook is not set: a note, and no failure.
    assert "AROUND_WEBHOOK is not set" in done.stderr


def test_a_program_that_fails_before_changes_nothing_and_the_lock_is_free(around: Any) -> None:
    folder, told, run = around
    assert run("deploy", "web", release(1)).exit_code == 0
    hooks_told(folder)
    told()
    (folder / "fail-before_deploy").touch()
    try:
        done = run("deploy", "web", release(2))
    finally:
        (folder / "fail-before_deploy").unlink()
    assert done.exit_code == 12, done.output
    assert "the hook before it" in done.stderr
    assert "ended with exit code 1" in done.stderr
    assert [each["told"]["CDINFRA_HOOK"] for each in hooks_told(folder)] == [
        "before_deploy",
        "failed_deploy",
    ]
    ended = next(each for each in told() if each["event"] == "ended")
    assert (ended["outcome"], ended["runs"], ended["ok"]) == ("nothing changed", release(1), False)
    assert "nobody holds" in run("lock", "show", "web").output


def test_a_program_that_fails_after_is_an_exit_code_and_the_release_stays(around: Any) -> None:
    folder, told, run = around
    (folder / "fail-after_deploy").touch()
    try:
        done = run("deploy", "web", release(3), "--output", "json")
    finally:
        (folder / "fail-after_deploy").unlink()
    assert done.exit_code == 16, done.output
    objects = [json.loads(each) for each in done.stdout.splitlines()]
    (ended,) = [each["result"] for each in objects if "result" in each]
    assert (ended["outcome"], ended["release"]) == ("deployed", release(3))
    assert "the hook after it" in ended["hook_failure"]
    assert objects[-1]["error"]["kind"] == "HookFailedError"
    assert any(each.get("event") == "hook_output" for each in objects)
    message = next(each for each in told() if each["event"] == "ended")
    assert (message["outcome"], message["ok"]) == ("deployed", False)
    assert run("resume", "web").exit_code == 2
    assert "deployed" in run("history", "web").stdout
