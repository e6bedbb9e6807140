"""Hooks around a rollout, as a plan, a pipe, a terminal and an end show them."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console

from cdinfra.cli.render.rollout_end import next_step, why
from cdinfra.cli.render.rollout_events import rollout_event_lines
from cdinfra.cli.render.rollout_plan import rollout_plan_lines
from cdinfra.cli.rollout_live import RolloutLive
from cdinfra.events import HookOutput, HookStarted
from cdinfra.model import Hook, When
from cdinfra.rollout.events import RolloutOutcome

STARTED = HookStarted(stack="web", when="before_deploy", command="python migrate.py")
WROTE = HookOutput(stack="web", line="3 \x1b[2J[bold]tables")


def test_a_plan_names_the_programs_and_when_they_run(scenes: Any) -> None:
    hook = Hook(command=("python", "migrate all.py"), when=When.BEFORE_DEPLOY)
    lines = map(click.unstyle, rollout_plan_lines(replace(scenes.plan_of(3), hooks=(hook,))))
    assert "    runs before deploy: python 'migrate all.py'" in lines


def test_a_pipe_gets_a_line_for_each_line_of_a_hook() -> None:
    now = datetime(2026, 1, 31, 9, tzinfo=UTC)
    lines = [
        line for each in (STARTED, WROTE) for line in rollout_event_lines(each, "web", None, now)
    ]
    assert [click.unstyle(line) for line in lines] == [
        "09:00:00 web          before deploy: python migrate.py",
        "09:00:00 web          | 3 \\x1b[2J[bold]tables",
    ]


def test_a_terminal_keeps_them_above_the_table(scenes: Any) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, height=20, color_system=None)
    with RolloutLive(scenes.plan_of(3), console, lambda: 0.0) as live:
        live.on_event(STARTED)
        live.on_event(WROTE)
    assert "before deploy: python migrate.py" in out.getvalue()
    assert "| 3 \\x1b[2J[bold]tables" in out.getvalue()


def test_an_end_says_that_the_release_stays_where_a_hook_after_it_failed(scenes: Any) -> None:
    end = scenes.finished(RolloutOutcome.DEPLOYED, release=scenes.NEW, changed=3)
    ended = scenes.ended(scenes.plan_of(3), end, ())
    failed = replace(ended, hook_failure="the hook after it, smoke, ended with exit code 1")
    assert why(failed) == "deployed, but the hook after it, smoke, ended with exit code 1"
    assert next_step(failed).startswith("the release stays")
    assert (why(ended), next_step(ended)) == ("deployed", "")
