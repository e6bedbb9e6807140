import json
import sys
from pathlib import Path

import pytest

from cdinfra.local.hosts.boot_report import (
    Step,
    parse_status,
    parse_times,
    parse_warnings,
    read_boot_reports,
    step_words,
)
from cdinfra.local.hosts.docker import Docker

ANSWERS = {
    "ps": "cdinfra-4f1c-i-2 i-2\ncdinfra-4f1c-i-1 i-1\n",
    "inspect": "2026-11-24T14:37:37.066230759Z",
    "status": json.dumps({"status": "done", "errors": []}),
    "show": "Finished stage: (init-local) 01.73500 seconds\n"
    "Finished stage: (modules-final) 03.12100 seconds\n",
    "blame": "-- Boot Record 01 --\n     02.72500s (modules-final/config-scripts-user)\n"
    "     00.52600s (init-local/search-Ec2Local)\n",
    "systemctl": "ExecMainStartTimestamp=Tue 2026-11-24 14:37:40.566230 UTC\n"
    "ExecMainExitTimestamp=Tue 2026-11-24 14:37:45.066230 UTC\n",
    "cat": "2026-11-24 13:59:48,180 - schema.py[WARNING]: Invalid cloud-config\n",
}
PROGRAM = """
import json, sys
answers = json.loads(open(sys.argv[1]).read())
words = sys.argv[2:]
found = next((answers[word] for word in words if word in answers), None)
sys.exit("container is not running") if found is None else print(found, end="")
"""


def docker(folder: Path, answers: dict[str, str]) -> Docker:
    """A client that answers by the first of its words that it knows."""
    file = folder / "answers.json"
    file.write_text(json.dumps(answers))
    return Docker((sys.executable, "-c", PROGRAM, str(file)))


def test_every_host_tells_how_it_booted_in_the_order_of_its_instances(tmp_path: Path) -> None:
    first, second = read_boot_reports(docker(tmp_path, ANSWERS), "4f1c")
    assert (first.instance_id, second.instance_id) == ("i-1", "i-2")
    assert first.status == "done"
    assert first.errors == ("Invalid cloud-config",)
    assert first.stages == (
        Step(name="init-local", seconds=1.74),
        Step(name="modules-final", seconds=3.12),
    )
    assert [step.seconds for step in first.slowest] == [2.73, 0.53]
    assert (first.agent_seconds, first.ready_seconds) == (4.5, 8.0)


def test_a_host_that_cannot_be_asked_says_why(tmp_path: Path) -> None:
    reports = read_boot_reports(docker(tmp_path, {"ps": ANSWERS["ps"]}), "4f1c")
    assert [report.problem for report in reports] == ["container is not running"] * 2


def test_no_hosts_are_no_reports(tmp_path: Path) -> None:
    assert read_boot_reports(docker(tmp_path, {"ps": ""}), "4f1c") == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", "status: done"])
def test_a_status_that_cannot_be_read_is_unknown(text: str) -> None:
    assert parse_status(text) == ("unknown", ())


@pytest.mark.parametrize(
    "unit",
    [
        "",
        "ExecMainStartTimestamp=Tue 2026-11-24 14:37:40 UTC\nExecMainExitTimestamp=\n",
        ANSWERS["systemctl"].replace("14:37:45", "14:30:00"),
    ],
)
def test_an_agent_that_works_has_no_time_yet(unit: str) -> None:
    assert parse_times(unit, ANSWERS["inspect"]) == (None, None)


def test_a_warning_is_told_once() -> None:
    line = "2026-11-24 13:59:48,180 - util.py[WARNING]: no route\n"
    assert parse_warnings(f"{line}DEBUG: x\n{line}") == ("no route",)


def test_steps_are_told_in_a_line() -> None:
    assert (
        step_words((Step(name="a", seconds=1), Step(name="b", seconds=0.25))) == "a 1.0 s, b 0.2 s"
    )
