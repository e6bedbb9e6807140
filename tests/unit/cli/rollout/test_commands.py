"""deploy, rollback, redeploy, resume and abort, as a person or a pipeline types them."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from cdinfra.cli.transport_options import TransportName
from cdinfra.rollout.interrupts import Decision
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.strategy import Share, Strategy

ENDS = {
    "success": (0, "deployed: web runs web@fefefefefefe; 3 of 3 hosts changed, after 31 s"),
    "rollback": (13, "rolled back: web runs web@010101010101 again, after 31 s, 1 host failed"),
    "rollback incomplete": (14, "rollback incomplete: web does not run web@010101010101 on all"),
    "interrupted": (130, "interrupted: 1 of 3 hosts of web changed to web@fefefefefefe"),
}


@pytest.mark.parametrize("scene", ENDS)
def test_the_last_line_and_the_exit_code_tell_the_ends_apart(
    scene: str, scenes: Any, stage: Any
) -> None:
    stage.scene = scenes.SCENES[scene]
    outcome = stage.run("deploy", "web", ":1.4.2")
    code, last = ENDS[scene]
    assert outcome.exit_code == code
    assert outcome.stdout.startswith(last)
    assert outcome.stdout.count("\n") == 1


def test_a_failure_names_host_probe_last_line_and_the_next_command(scenes: Any, stage: Any) -> None:
    stage.scene = scenes.failed_canary
    outcome = stage.run("deploy", "web", ":1.4.2", "--env", "staging")
    assert outcome.stderr.splitlines()[-5:] == [
        "error: web: rolled back: the canary failed",
        f"       {scenes.host(0)} failed: {scenes.ANSWER}",
        "         last line of its container: panic: no database at \\x1b[2Jdb:5432",
        "         it runs web@010101010101 now",
        "hint: what their containers wrote: cdinfra logs --env staging web",
    ]


def test_json_is_the_plan_then_each_event_and_then_the_result(scenes: Any, stage: Any) -> None:
    stage.scene = scenes.rollback
    outcome = stage.run("deploy", "web", ":1.4.2", "--output", "json")
    first, *events, result, error = map(json.loads, outcome.stdout.splitlines())
    assert first["plan"]["purpose"] == "deploy"
    assert [len(each["hosts"]) for each in first["plan"]["batches"]] == [1, 1, 1]
    assert events[0] == {
        "event": "rollout_started",
        "generation": 7,
        "batches": [[scenes.host(number)] for number in range(3)],
    }
    kinds = {each["event"] for each in events}
    assert {"phase_started", "host_moved", "waited", "went_back", "rollout_finished"} <= kinds
    assert result["result"]["outcome"] == "rolled back"
    assert result["result"]["failed"][0]["reason"] == scenes.ANSWER
    assert (error["error"]["kind"], error["error"]["exit_code"]) == ("RolledBackError", 13)


def test_a_dry_run_shows_the_plan_and_touches_nothing(stage: Any) -> None:
    outcome = stage.run("deploy", "web", ":1.4.2", "--dry-run", "--cloud", "aws")
    assert outcome.exit_code == 0
    assert "Plan: 3 hosts in 3 batches, at most 1 away at once, none may fail." in outcome.stdout
    assert stage.rollouts[0].asked == [(Purpose.DEPLOY, ":1.4.2", Strategy())]
    shown = stage.run("deploy", "web", ":1.4.2", "--dry-run", "-o", "json").stdout
    assert json.loads(shown)["plan"]["is_empty"] is False


@pytest.mark.parametrize("options", [("--cloud", "aws"), ("--ask",)])
def test_in_an_account_or_on_request_a_person_is_asked(stage: Any, options: Any) -> None:
    stage.answers = "n\n"
    outcome = stage.run("deploy", "web", ":1.4.2", *options)
    assert outcome.exit_code == 5
    assert "Let web run web@fefefefefefe, shop dev in " in outcome.stderr
    assert ("carry out",) not in stage.rollouts[0].asked
    stage.answers = "y\n"
    assert stage.run("deploy", "web", ":1.4.2", *options).exit_code == 0
    assert stage.run("deploy", "web", ":1.4.2", *options, "--yes").exit_code == 0


def test_where_nobody_can_be_asked_yes_is_needed_before_a_host_is_asked(stage: Any) -> None:
    outcome = stage.run("deploy", "web", ":1.4.2", "--cloud", "aws")
    assert outcome.exit_code == 2
    assert "--yes: is needed, because there is no terminal to ask on" in outcome.stderr
    assert stage.rollouts == []


def test_the_options_become_strategy_transport_and_patience(stage: Any) -> None:
    words = "--canary 10% --batch 2 --max-unavailable 1 --max-failures 5% --bake 60 --pause 5"
    rest = "--drain --transport ssh --ssh-user admin --wait-lock 40"
    assert stage.run("deploy", "web", ":1", *words.split(), *rest.split()).exit_code == 0
    (rollouts,) = stage.rollouts
    strategy = Strategy(
        canary=Share(number=10, is_percent=True),
        batch=Share(number=2),
        max_unavailable=Share(number=1),
        max_failures=Share(number=5, is_percent=True),
        bake_seconds=60,
        pause_seconds=5,
        drains=True,
    )
    assert rollouts.asked[0] == (Purpose.DEPLOY, ":1", strategy)
    assert rollouts.run.wait_lock_seconds == 40
    _, group, reach = stage.opened[0]
    assert (group, reach.transport, reach.ssh_user) == ("web", TransportName.SSH, "admin")


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("--batch", "0", "'0' is too few, 1 is the least"),
        ("--batch", "x", "'x' is neither a number of hosts, as 2, nor a share, as 25%"),
        ("--canary", "-1", "'-1' is neither a number of hosts"),
        ("--canary", "101%", "'101%' is more than the whole fleet"),
        ("--max-failures", "1.5", "'1.5' is neither a number of hosts"),
        ("--bake", "-1", "-1 is not in the range"),
        ("--transport", "ftp", "'ftp' is not one of 'ssm', 'ssh'"),
        ("--ssh-key", "no/such/key", "'no/such/key' does not exist"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_asked(
    stage: Any, option: str, value: str, problem: str
) -> None:
    outcome = stage.run("deploy", "web", ":1", option, value)
    assert outcome.exit_code == 2
    assert problem in outcome.stderr
    assert stage.opened == []


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("rollback", "web"), (Purpose.ROLLBACK, None, Strategy())),
        (("rollback", "web", "12"), (Purpose.ROLLBACK, 12, Strategy())),
        (("redeploy", "web"), (Purpose.REDEPLOY, Strategy())),
        (("resume", "web"), (Purpose.RESUME,)),
        (("abort", "web"), (Purpose.ABORT,)),
    ],
)
def test_each_command_asks_for_its_own(stage: Any, words: Any, asked: Any) -> None:
    outcome = stage.run(*words)
    assert outcome.exit_code == 0, outcome.stderr
    assert f"~ {words[0]} web" in outcome.stderr
    assert stage.rollouts[0].asked[:2] == [asked, ("carry out",)]


@pytest.mark.parametrize("number", ["x", "0", "1.5"])
def test_what_is_no_number_of_an_entry_is_refused(stage: Any, number: str) -> None:
    outcome = stage.run("rollback", "web", number)
    assert outcome.exit_code == 2
    assert f"N: {number!r} is no number" in outcome.stderr
    assert stage.opened == []


def test_an_abort_that_brought_everything_back_is_a_success(scenes: Any, stage: Any) -> None:
    stage.scene = scenes.rollback
    outcome = stage.run("abort", "web")
    assert outcome.exit_code == 0
    assert outcome.stdout.startswith("rolled back: web runs web@010101010101 again")


def test_who_declines_to_resume_changes_nothing(stage: Any) -> None:
    stage.answers = "n\n"
    assert stage.run("resume", "web", "--ask").exit_code == 5
    assert ("carry out",) not in stage.rollouts[0].asked


def test_a_fleet_that_runs_it_already_is_told_so_in_a_line(scenes: Any, stage: Any) -> None:
    stage.plan = scenes.up_to_date()
    stage.scene = scenes.unchanged
    outcome = stage.run("deploy", "web", ":1.4.2", "--ask", "--yes")
    assert outcome.exit_code == 0
    assert "No host changes: web runs web@fefefefefefe on 2 hosts already." in outcome.stderr
    assert outcome.stdout == "unchanged: web runs web@fefefefefefe on 2 hosts already\n"


class TestCtrlC:
    """Ctrl-C while hosts change."""

    @pytest.fixture
    def press(self, stage: Any) -> None:
        """Presses Ctrl-C in the first sleep of the rollout."""
        pressed: list[int] = []

        def during_sleep() -> None:
            if stage.rollouts[-1].asked[-1] == ("carry out",) and not pressed:
                pressed.append(1)
                signal.raise_signal(signal.SIGINT)

        stage.during_sleep = during_sleep

    @pytest.mark.parametrize(
        ("typed", "decision", "code"),
        [
            ("o\n", Decision.GO_ON, 0),
            ("\n", Decision.GO_ON, 0),
            ("l\n", Decision.LEAVE, 130),
            ("", Decision.LEAVE, 130),
            ("x\nb\n", Decision.GO_BACK, 130),
        ],
    )
    @pytest.mark.usefixtures("press")
    def test_who_presses_it_is_asked_when_the_hosts_at_work_are_done(
        self, stage: Any, typed: str, decision: Decision, code: int
    ) -> None:
        stage.answers = typed
        outcome = stage.run("deploy", "web", ":1.4.2")
        assert outcome.exit_code == code, outcome.stderr
        told = "1 host runs web@fefefefefefe by now; 2 hosts have not had a turn."
        assert told in outcome.stderr
        assert stage.rollouts[0].asked[2] == (decision,)

    def test_without_a_terminal_it_leaves_at_once_and_says_how_to_go_on(self, stage: Any) -> None:
        stage.scene = stage.after_start(lambda: signal.raise_signal(signal.SIGINT))
        outcome = stage.run("deploy", "web", ":1.4.2", "--env", "staging")
        assert outcome.exit_code == 130
        assert "Finish it with: cdinfra resume web --env staging; undo it" in outcome.stderr
        assert outcome.stdout == ""

    def test_a_ci_server_that_ends_the_job_leaves_it_too(self, stage: Any) -> None:
        before = signal.getsignal(signal.SIGTERM)
        stage.scene = stage.after_start(lambda: signal.raise_signal(signal.SIGTERM))
        outcome = stage.run("deploy", "web", ":1.4.2")
        assert outcome.exit_code == 130
        assert "undo it with: cdinfra abort web" in outcome.stderr
        assert signal.getsignal(signal.SIGTERM) is before
