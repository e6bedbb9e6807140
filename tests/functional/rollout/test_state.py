"""Lock, journals and history over HTTP, also by several processes at once."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdinfra.errors import BusyError, LockLostError
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.record import Account, Author, Record
from cdinfra.rollout.state.history import History

if TYPE_CHECKING:
    from tests.functional.rollout.conftest import State

REPOSITORY = Path(__file__).parents[3]
RELEASE = f"registry/web@sha256:{'ab' * 32}"
BEGAN = datetime(2026, 1, 31, 9, tzinfo=UTC)

RACER = """
import json, sys
from cdinfra.aws.cloud import connect
from cdinfra.aws.connection import Connection
from cdinfra.errors import LockLostError
from cdinfra.rollout.group import DeployGroup
from cdinfra.rollout.state.lock import DeployLock
from cdinfra.rollout.state.lock_record import Holder

place, group, me, turns = json.loads(sys.argv[1])
aws = connect(Connection(endpoint_url=place, region="eu-central-1"))
lock = DeployLock(aws.storage, DeployGroup(**group), Holder(owner=me), lease_seconds=1)
sys.stdin.readline()
for _ in range(turns):
    lease = lock.take(purpose="race", seconds=60)
    print("in", lease.generation, flush=True)
    print("out", lease.generation, flush=True)
    if not lease.release():
        print("lost", lease.generation, flush=True)
"""


def racers(state: State, names: str, turns: int) -> list[subprocess.Popen[str]]:
    """Start processes that take the lock in turns, once they are told to go."""
    place = state.aws.clients.connection.endpoint_url
    group = {key: value for key, value in asdict(state.group).items() if key != "place"}
    return [
        subprocess.Popen(
            [sys.executable, "-c", RACER, json.dumps([place, group, name, turns])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        for name in names
    ]


def test_processes_that_race_for_the_lock_never_have_the_same_generation(state: State) -> None:
    processes = racers(state, "abc", turns=8)
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    outputs = [each.communicate(timeout=120)[0] for each in processes]
    assert [each.returncode for each in processes] == [0, 0, 0]
    taken = [
        [int(line.split()[1]) for line in output.splitlines() if line.startswith("in")]
        for output in outputs
    ]
    assert sorted(number for each in taken for number in each) == list(range(1, 25))
    assert all(each == sorted(each) for each in taken)
    assert state.lock("me").read().generation == 24


def test_the_lock_of_a_process_that_was_killed_runs_out(state: State) -> None:
    state.lock("dead", lease_seconds=1).take(purpose="deploy")
    with pytest.raises(BusyError, match="dead"):
        state.lock("me").take(purpose="deploy")
    lease = state.lock("me").take(purpose="deploy", seconds=30)
    assert lease.generation == 2
    assert lease.release()


def test_a_lease_is_renewed_over_http_and_lost_to_whoever_breaks_it(state: State) -> None:
    lease = state.lock("me", lease_seconds=0).take(purpose="deploy", release=RELEASE)
    lease.renew()
    lease.renew()
    state.lock("boss").break_lock(reason="it hangs")
    with pytest.raises(LockLostError, match="boss has broken it: it hangs"):
        lease.renew()
    assert not lease.release()


def test_a_journal_and_a_history_are_kept_over_http(state: State) -> None:
    record = Record(
        generation=1,
        purpose=Purpose.DEPLOY,
        author=Author(who="me"),
        image=RELEASE,
        from_release="",
        batches=(("i-1",),),
        began_at=BEGAN,
    )
    journals = state.journals
    journals.write(record)
    journals.write(record)
    assert state.journals.newest_unfinished() == record
    for number in range(1, 4):
        assert state.history.append(account(f"{number}")).number == number
    assert [each.number for each in state.history.entries()] == [3, 2, 1]
    assert state.history.verify() is None


def account(digit: str, outcome: RolloutOutcome = RolloutOutcome.DEPLOYED) -> Account:
    return Account(
        generation=int(digit),
        purpose=Purpose.DEPLOY,
        author=Author(who="me@laptop", run_url="https://ci/7", commit="0123456789abcdef"),
        image=f"registry/web@sha256:{digit * 64}",
        from_release="" if digit == "1" else f"registry/web@sha256:{int(digit) - 1:x}" + "0" * 63,
        release=f"registry/web@sha256:{digit * 64}",
        outcome=outcome,
        began_at=BEGAN,
        seconds=61.5,
        hosts=3,
        failed=() if outcome is RolloutOutcome.DEPLOYED else ("i-1",),
        reason="" if outcome is RolloutOutcome.DEPLOYED else "i-1: no answer\x1b[2J",
    )


def test_the_history_is_shown_newest_first(state: State) -> None:
    assert state.run("history", "web").stdout == "Nothing was rolled out to web yet.\n"
    state.history.append(account("1"))
    state.history.append(account("2", RolloutOutcome.ROLLED_BACK))
    shown = state.run("history", "web")
    assert (shown.exit_code, shown.stderr) == (0, "")
    when = "2026-01-31 09:00:00Z"
    assert shown.stdout == (
        "#  WHEN                  FOR     FROM              TO                OUTCOME      HOSTS  "
        "TOOK        BY         COMMIT        RUN\n"
        f"2  {when}  deploy  web@100000000000  web@222222222222  rolled back  3      "
        "1 min 02 s  me@laptop  0123456789ab  https://ci/7\n"
        f"1  {when}  deploy  none              web@111111111111  deployed     3      "
        "1 min 02 s  me@laptop  0123456789ab  https://ci/7\n"
        "\n"
        "2: i-1: no answer\\x1b[2J (1 host failed)\n"
    )
    assert len(state.run("history", "web", "--limit", "1").stdout.splitlines()) == 4
    assert state.run("history", "state-dev-web").stdout == shown.stdout


def test_programs_get_the_history_as_it_is_kept(state: State) -> None:
    entry = state.history.append(account("1"))
    found = json.loads(state.run("history", "web", "--output", "json").stdout)
    assert found["group"] == "state-dev-web"
    (shown,) = found["entries"]
    assert (shown["number"], shown["previous"]) == (1, "")
    assert shown["account"]["image"] == entry.account.image
    assert shown["account"]["began_at"] == "2026-01-31T09:00:00+00:00"


def test_a_history_that_was_changed_is_told(state: State) -> None:
    for digit in "123":
        state.history.append(account(digit))
    assert state.run("history", "web", "--verify").exit_code == 0
    key = "history/state-dev-web/0000000002.json"
    s3 = state.aws.clients.client("s3")
    body = s3.get_object(Bucket=state.group.bucket, Key=key)["Body"].read()
    s3.put_object(Bucket=state.group.bucket, Key=key, Body=body.replace(b"laptop", b"desk"))
    told = state.run("history", "web", "--verify")
    assert told.exit_code == 2
    assert "error: the history of web, entry 3: the entry before it is another one" in told.stderr
    s3.put_object(Bucket=state.group.bucket, Key=key, Body=b"nonsense")
    told = state.run("history", "web")
    assert told.exit_code == 2
    assert f"error: s3://{state.group.bucket}/{key}: is not what cdinfra writes" in told.stderr


def test_the_lock_is_shown(state: State) -> None:
    free = state.run("lock", "show", "web")
    assert free.stdout == "web: nobody holds the deploy lock\n  generation  none yet\n"
    lease = state.lock("me@laptop").take(purpose="deploy", release=RELEASE)
    lines = state.run("lock", "show", "web").stdout.splitlines()
    assert lines[:6] == [
        "web: the deploy lock is held",
        "  holder      me@laptop",
        "  for         deploy",
        f"  release     {RELEASE}",
        "  run         https://ci/7",
        "  process     42",
    ]
    assert lines[7].startswith("  lease       1 min 0")
    found = json.loads(state.run("lock", "show", "web", "-o", "json").stdout)
    assert (found["is_held"], found["generation"], found["holder"]["pid"]) == (True, 1, 42)
    lease.release()
    assert state.run("lock", "show", "web").stdout == (
        "web: nobody holds the deploy lock\n  generation  1\n"
    )


def test_the_lock_is_broken_with_a_reason_and_what_to_do_next(state: State) -> None:
    assert state.run("lock", "break", "web").stdout == "web: nobody holds the deploy lock.\n"
    lease = state.lock("me@laptop").take(purpose="deploy", release=RELEASE)
    told = state.run("lock", "break", "web", "--reason", "it hangs")
    assert (told.exit_code, told.stderr) == (0, "")
    place = f"--file {state.file}"
    assert told.stdout == (
        "web: the deploy lock was taken from me@laptop (deploy of "
        "registry/web@sha256:abababababab, https://ci/7).\n"
        f"Hosts may be half way: cdinfra resume web {place}, or cdinfra abort web {place}\n"
    )
    assert not lease.release()
    shown = state.run("lock", "show", "web").stdout
    assert ": it hangs\n" in shown
    assert "  generation  2\n" in shown


def test_a_pipeline_that_breaks_the_lock_is_named_as_its_server_names_it(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = state.lock("me@laptop").take(purpose="deploy")
    monkeypatch.setenv("BUILD_USER_ID", "jane")
    assert state.run("lock", "break", "web").exit_code == 0
    broken = state.lock("me").read().broken
    assert broken is not None
    assert broken.by == "jane"
    assert not lease.release()


def test_a_group_is_named_by_the_tag_of_its_hosts_too(state: State) -> None:
    for words in (("exec", "state-dev-web", "true"), ("logs", "state-dev-web")):
        told = state.run(*words)
        assert told.exit_code == 2
        assert "GROUP: web has no" in told.stderr


def test_an_image_of_another_registry_needs_a_digest_and_that_is_told_at_once(
    state: State,
) -> None:
    for image in ("nope.example.com/x:1", "nope.example.com/shop/web:1"):
        told = state.run("deploy", "web", image)
        assert told.exit_code == 2
        assert "is not in ECR, where its tags could be looked up" in told.stderr
        assert f"name it by digest: {image[:-2]}@sha256:" in told.stderr


def test_a_person_is_asked_before_the_lock_is_broken(state: State) -> None:
    lease = state.lock("me@laptop").take(purpose="deploy")
    nobody = state.run("lock", "break", "web", "--ask")
    assert nobody.exit_code == 2
    assert "--yes: is needed" in nobody.stderr
    no = state.run("lock", "break", "web", "--ask", typed="n\n")
    assert no.exit_code == 5
    assert "Take the deploy lock of web from me@laptop (deploy, https://ci/7)?" in no.stderr
    assert state.lock("me").read().is_held
    yes = state.run("lock", "break", "web", "--ask", "-o", "json", typed="y\n")
    found = json.loads(yes.stdout)
    assert (found["broken"], found["before"]["holder"]["owner"]) == (True, "me@laptop")
    assert not lease.release()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("wep", "GROUP wep: is no deploy group of this app (did you mean 'web'?)"),
        ("base", "GROUP base: is a stack without hosts that run a release"),
        ("worker", "GROUP worker: its stack state-dev-worker is not deployed"),
    ],
)
def test_a_group_that_is_not_there_is_told(state: State, name: str, why: str) -> None:
    for words in (("history", name), ("lock", "show", name), ("lock", "break", name)):
        told = state.run(*words)
        assert told.exit_code == 2
        assert why in told.stderr


IN_AN_ACCOUNT = (
    ("lock", "break", "web"),
    ("history", "web"),
    ("deploy", "web", ":v1"),
    ("rollback", "web"),
    ("redeploy", "web"),
    ("resume", "web"),
    ("abort", "web"),
    ("status", "web"),
    ("logs", "web"),
    ("exec", "web", "true"),
)
"""Every command of a deploy group."""


def test_the_group_of_another_account_is_left_alone(state: State, tmp_path: Path) -> None:
    lease = state.lock("me@laptop").take(purpose="deploy")
    file = tmp_path / "infra.py"
    text = state.file.read_text(encoding="utf-8")
    expected = '    app.expect_accounts({"dev": "210987654321"})\n    return app\n'
    file.write_text(text.replace("    return app\n", expected), encoding="utf-8")
    for words in IN_AN_ACCOUNT:
        told = replace(state, file=file).run(*words)
        assert told.exit_code == 2, words
        assert "dev belongs to 210987654321" in told.stderr
    assert lease.release()


def test_what_the_state_says_of_other_groups_is_not_mixed_in(state: State) -> None:
    worker = replace(state.group, stack="worker", name="state-dev-web-2")
    History(state.aws.storage, worker).append(account("1"))
    assert state.run("history", "web").stdout == "Nothing was rolled out to web yet.\n"
