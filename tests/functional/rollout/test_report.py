"""``cdinfra report``, as a person types it, on a real local cloud."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.plain import as_bytes, plain
from cdinfra.rollout.events import HostState, RolloutOutcome
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.record import Account, Author, Record
from cdinfra.rollout.state.state_bucket import as_body
from cdinfra.rollout.timeline import HostTimes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.rollout.conftest import State

BEGAN = datetime(2026, 1, 31, 9, tzinfo=UTC)
ACCOUNT = Account(
    generation=1,
    purpose=Purpose.DEPLOY,
    author=Author(who="me@laptop", run_url="https://ci/7", commit="0123456789abcdef"),
    image=f"registry/web@sha256:{'ab' * 32}",
    from_release="",
    release=f"registry/web@sha256:{'ab' * 32}",
    outcome=RolloutOutcome.DEPLOYED,
    began_at=BEGAN,
    seconds=61.5,
    hosts=1,
    times=(
        HostTimes(
            instance_id="i-1",
            batch=1,
            states=(HostState.WAITING, HostState.SWAPPING, HostState.DONE),
            since=(0.0, 4.5, 12.0),
        ),
    ),
)


def test_the_page_goes_to_stdout_and_names_the_group_that_is_not_deployed(state: State) -> None:
    state.history.append(ACCOUNT)
    shown = state.run("report")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout.startswith('<!doctype html>\n<html lang="en">')
    assert shown.stdout.endswith("</html>\n")
    assert "its stack state-dev-worker is not deployed" in shown.stdout
    assert "✓ done at 12 s" in shown.stdout
    assert '<a href="https://ci/7" rel="noreferrer noopener">run of rollout 1</a>' in shown.stdout


def test_the_page_goes_into_the_file_that_is_named(state: State, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    written = state.run("report", "--to", str(file))
    assert (written.exit_code, written.stdout) == (0, "")
    assert written.stderr == f"{file} is written\n"
    assert "Nothing was rolled out to it yet." in file.read_text(encoding="utf-8")


def test_programs_get_the_same_and_the_file_is_written_too(state: State, tmp_path: Path) -> None:
    state.history.append(ACCOUNT)
    file = tmp_path / "report.html"
    found = json.loads(state.run("report", "--to", str(file), "--output", "json").stdout)
    assert file.stat().st_size > 0
    web, worker = found["groups"]
    assert (web["stack"], web["status"]["release"], web["problems"]) == ("web", "", [])
    (entry,) = web["entries"]
    assert entry["account"]["times"] == plain(ACCOUNT.times)
    assert (worker["status"], worker["entries"]) == (None, [])


def test_a_file_that_cannot_be_written_is_an_error_that_says_what_to_do(
    state: State, tmp_path: Path
) -> None:
    file = tmp_path / "none" / "report.html"
    failed = state.run("report", "--to", str(file))
    assert failed.exit_code == 2
    assert failed.stderr == (
        f"error: {file}: cannot be written: No such file or directory "
        "(name a file in a folder that is there, and that you may write to)\n"
    )


def test_entries_from_before_times_were_kept_are_read(state: State) -> None:
    entry = {"format": 1, "number": 1, "previous": "", "account": plain(ACCOUNT)}
    del entry["account"]["times"]
    key = "history/state-dev-web/0000000001.json"
    state.aws.storage.create_object(
        state.group.bucket, key, as_bytes(entry), content_type="application/json"
    )
    assert next(state.history.entries()).account == replace(ACCOUNT, times=())
    assert "is not kept of it" in state.run("report").stdout


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("history/state-dev-web/0000000001.json", "the history cannot be read further"),
        ("rollouts/state-dev-web/0000000001.json", "whether a rollout is unfinished is not known"),
    ],
)
def test_an_object_that_is_none_of_ours_is_named_and_the_rest_is_told(
    state: State, key: str, words: str
) -> None:
    state.history.append(ACCOUNT)
    s3 = state.aws.clients.client("s3")
    s3.put_object(Bucket=state.group.bucket, Key=key, Body=b"<script>")
    state.history.append(replace(ACCOUNT, generation=2))
    shown = state.run("report")
    assert shown.exit_code == 0
    assert f"{words}: s3://{state.group.bucket}/{key}" in shown.stdout
    assert "run of rollout 2" in shown.stdout


def test_a_rollout_that_was_left_is_named(state: State) -> None:
    record = Record(
        generation=7,
        purpose=Purpose.DEPLOY,
        author=Author(who="me@laptop"),
        image=ACCOUNT.image,
        from_release="",
        batches=(("i-1",), ("i-2",)),
        batch=1,
        began_at=BEGAN,
        outcome=RolloutOutcome.INTERRUPTED,
    )
    state.aws.storage.create_object(
        state.group.bucket,
        "rollouts/state-dev-web/0000000007.json",
        as_body(record),
        content_type="application/json",
    )
    assert "A rollout is not finished" in state.run("report").stdout
