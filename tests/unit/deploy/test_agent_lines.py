from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.deploy.agent_lines import (
    LONGEST_LINE,
    MOST_LINES,
    lines_of_stream,
    lines_on_console,
)

CONSOLE = """\
[    0.000000] Linux version 6.1.0-28-cloud-amd64
[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39mdocker.service\x1b[0m - Docker.\r
[   11.900001] cloud-init[402]: Cloud-init v. 22.4.2 running 'modules:final'\r
[   12.345678] cdinfra-host[612]: pulling registry/web@sha256:abab\r
[   20.000001] docker0: port 1(veth1) entered blocking state\r
[   31.000002] cdinfra-host[612]: cdinfra-host: the new container ended with exit code 1\r
[   31.000003] cdinfra-host[612]: Traceback (most recent call last):\r
[   31.000004] cdinfra-host[612]:   File "/app/main.py", line 3, in <module>\r
[   31.000005] cdinfra-host[612]: KeyError: 'DATABASE_URL'\r
[   31.100000] cdinfra-host[612]: {"verb": "converge", "outcome": "failed", "message": "no"}\r
[\x1b[0;1;31mFAILED\x1b[0m] Failed to start \x1b[0;1;39mcdinfra-host.service\x1b[0m.\r

Debian GNU/Linux 12 ip-10-0-0-7 ttyS0

ip-10-0-0-7 login: """

REPORT = (
    "the new container ended with exit code 1",
    "Traceback (most recent call last):",
    '  File "/app/main.py", line 3, in <module>',
    "KeyError: 'DATABASE_URL'",
)


def test_the_report_is_picked_out_of_the_noise() -> None:
    assert lines_on_console(CONSOLE) == REPORT


@pytest.mark.parametrize(
    "prefix",
    ["", "[   31.000002] ", "Nov 24 13:48:00 ip-10-0-0-7 ", "\x1b[0m", "[  OK  ] "],
)
def test_the_report_is_found_whatever_the_console_puts_before_it(prefix: str) -> None:
    written = (f"cdinfra-host: {REPORT[0]}", *REPORT[1:])
    console = "\n".join(f"{prefix}cdinfra-host[7]: {each}" for each in written)
    assert lines_on_console(console) == REPORT


def test_the_last_run_that_failed_counts() -> None:
    again = CONSOLE.replace("[612]", "[701]").replace("exit code 1", "exit code 2")
    fine = "[  99.000000] cdinfra-host[800]: nothing to do\r\n"
    found = lines_on_console(CONSOLE + "\n" + again + "\n" + fine)
    assert found[0] == "the new container ended with exit code 2"
    assert found[1:] == REPORT[1:]


def test_an_agent_that_gave_no_reason_has_its_last_lines() -> None:
    console = "\n".join(f"[ {n}.0] cdinfra-host[5]: step {n}" for n in range(30))
    assert lines_on_console(console) == tuple(f"step {n}" for n in range(10, 30))


@pytest.mark.parametrize("console", ["", "login: ", "[ 1.0] cdinfra-hosted[3]: no", "other[1]: x"])
def test_a_console_without_the_agent_has_none(console: str) -> None:
    assert lines_on_console(console) == ()


def test_below_the_reason_stand_the_last_lines_only() -> None:
    messages = ("cdinfra-host: it failed", *(f"line {n}" for n in range(50)), " ")
    found = lines_of_stream(messages)
    assert found[0] == "it failed"
    assert found[1:] == tuple(f"line {n}" for n in range(31, 50))


def test_the_last_report_of_a_stream_counts_and_a_message_may_have_lines() -> None:
    messages = ("cdinfra-host: first", "a", "cdinfra-host: second\nwith more", "\x1b[31mred\x1b[0m")
    assert lines_of_stream(messages) == ("second", "with more", "red")


def test_a_stream_without_messages_has_no_lines() -> None:
    assert lines_of_stream(()) == ()


def test_an_endless_line_is_cut() -> None:
    (line,) = lines_of_stream([f"cdinfra-host: {'x' * 5000}"])
    assert len(line) == LONGEST_LINE
    assert line.endswith("x…")


@given(st.text())
def test_whatever_stands_on_a_console_is_a_few_short_lines(text: str) -> None:
    console = f"{text}\ncdinfra-host[1]: {text}\n{text}"
    for found in (lines_on_console(console), lines_of_stream([text, text])):
        assert len(found) <= MOST_LINES + 1
        assert all(len(each) <= LONGEST_LINE for each in found)
        assert not any(len(each.splitlines()) > 1 for each in found)
