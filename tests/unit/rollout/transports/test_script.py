from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdinfra.rollout.transports.script import build_script


def run(*words: str, last_line: bool) -> subprocess.CompletedProcess[str]:
    script = build_script(words, last_line=last_line)
    return subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, check=False, timeout=20
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=9)))
def test_words_arrive_exactly(words: list[str]) -> None:
    done = run("printf", "<%s>\\n", *words, last_line=False)
    assert (done.stdout, done.stderr) == ("".join(f"<{each}>\n" for each in words or [""]), "")


def test_of_the_agent_only_its_last_line_is_wanted() -> None:
    done = run("sh", "-c", "echo a; echo oops >&2; echo b; exit 3", last_line=True)
    assert (done.stdout, done.stderr, done.returncode) == ("b\n", "", 3)


def test_else_both_outputs_come_in_their_order() -> None:
    done = run("sh", "-c", "echo a; echo oops >&2; echo b; exit 3", last_line=False)
    assert (done.stdout, done.stderr, done.returncode) == ("a\noops\nb\n", "", 3)


@pytest.mark.parametrize(("code", "told"), [(0, 0), (1, 1), (194, 193), (254, 254), (255, 254)])
@pytest.mark.parametrize("last_line", [True, False])
def test_exit_codes_that_mean_something_to_the_way_there_are_told_as_others(
    code: int, told: int, *, last_line: bool
) -> None:
    assert run("sh", "-c", f"exit {code}", last_line=last_line).returncode == told
