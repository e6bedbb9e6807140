import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from click.testing import Result

from cdinfra.aws.drift import PropertyDrift, ResourceDrift, ResourceDriftStatus
from cdinfra.aws.fake import FakeAws
from cdinfra.cli.failures import DRIFT_FOUND
from cdinfra.cli.options import Request
from cdinfra.errors import CdinfraError, CloudError, ThrottledError

Run = Callable[..., Result]

TOPIC = ResourceDrift(
    logical_id="Topic",
    physical_id="news-topic",
    resource_type="AWS::SNS::Topic",
    status=ResourceDriftStatus.MODIFIED,
    checked_at=datetime(2026, 1, 31, 9, 0, tzinfo=UTC),
    properties=(
        PropertyDrift(path="DisplayName", expected="news", actual="old news"),
        PropertyDrift(path="Tags.2", expected=None, actual='{"Key": "by", "Value": "hand"}'),
        PropertyDrift(path="Policy", expected='{"A": 1}', actual='{"A":1}'),
    ),
)
BUCKET = ResourceDrift(
    logical_id="Bucket",
    physical_id="pictures",
    resource_type="AWS::S3::Bucket",
    status=ResourceDriftStatus.DELETED,
    checked_at=datetime(2026, 1, 31, 9, 0, tzinfo=UTC),
)


def test_stacks_that_are_as_their_templates_say_end_with_0(run: Run) -> None:
    run("up", "network")
    result = run("drift")
    assert result.exit_code == 0
    assert result.stdout == "STACK    DRIFT\nnetwork  IN_SYNC\nweb      not deployed\n"
    assert "detecting the drift of shop-dev-network\n" in result.stderr


def test_drift_is_shown_property_by_property_and_ends_with_7(run: Run, aws: FakeAws) -> None:
    run("up")
    aws.stacks.drift("shop-dev-network", TOPIC)
    aws.stacks.drift("shop-dev-web", BUCKET, undetectable="Queue: no permission")
    result = run("drift")
    assert result.exit_code == 7
    assert (
        result.stdout
        == """\
STACK    DRIFT
network  DRIFTED  1 resource
web      DRIFTED  1 resource; Queue: no permission

network  shop-dev-network  expected → actual
    ~ Topic  AWS::SNS::Topic  news-topic
        ~ DisplayName  news → old news
        + Tags.2.Key  by
        + Tags.2.Value  hand
        ~ Policy  differs only in how it is written

web  shop-dev-web  expected → actual
    - Bucket  AWS::S3::Bucket  pictures  IS DELETED
"""
    )


def test_drift_is_one_json_document(run: Run, aws: FakeAws) -> None:
    run("up", "network")
    aws.stacks.drift("shop-dev-network", TOPIC)
    result = run("drift", "--output", "json")
    assert result.exit_code == 7
    found = json.loads(result.stdout)
    network, web = found["stacks"]
    assert (found["drifted"], network["drift"], web["drift"]) == (True, "DRIFTED", "NOT_CHECKED")
    assert (web["status"], web["reason"]) == ("", "is not deployed")
    (topic,) = network["resources"]
    assert topic["status"] == "MODIFIED"
    assert topic["checked_at"] == "2026-01-31T09:00:00+00:00"
    assert topic["properties"][0] == {
        "path": "DisplayName",
        "expected": "news",
        "actual": "old news",
    }


def test_a_named_stack_alone_decides_the_exit_code(run: Run, aws: FakeAws) -> None:
    run("up")
    aws.stacks.drift("shop-dev-network", TOPIC)
    result = run("drift", "web")
    assert (result.exit_code, result.stdout) == (0, "STACK  DRIFT\nweb    IN_SYNC\n")


def test_a_stack_that_cannot_be_checked_says_why(run: Run, aws: FakeAws) -> None:
    run("up", "network")
    aws.stacks.drift("shop-dev-network", undetectable="Topic: no permission")
    result = run("drift", "network")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == "network  not checked  Topic: no permission"


@pytest.mark.parametrize(
    "error",
    [
        CloudError("cannot detect the drift of x: no (AccessDenied)", hint="lacks permission"),
        ThrottledError("cannot detect the drift of x: slow (Throttling)", hint="in a minute"),
    ],
)
def test_a_cloud_that_refuses_gives_an_error_and_a_hint(
    run: Run, aws: FakeAws, error: CdinfraError
) -> None:
    run("up", "network")
    aws.stacks.script("detect_drift", *[error] * 100_000)
    result = run("drift", "network")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.endswith(f"error: {error.message}\nhint: {error.hint}\n")


def test_drift_starts_no_local_cloud(run: Run, opened: list[tuple[Request, bool]]) -> None:
    run("drift")
    assert [start for _, start in opened] == [False]


def test_the_help_tells_the_exit_code(run: Run) -> None:
    assert f"the exit code is {DRIFT_FOUND}." in run("drift", "--help").stdout
