"""What stands on a terminal and in a pipe, whole, for a reviewer to read in tests/golden."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from cdinfra.cli.rollout_live import RolloutLive
from cdinfra.rollout.events import HostMoved, HostState, RolloutStarted, Waited

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parents[3] / "golden" / "rollout"
SCENES = (
    "success",
    "failed canary",
    "rollback",
    "rollback incomplete",
    "interrupted",
    "waiting for the lock",
)


def compare(name: str, text: str) -> None:
    file = GOLDEN / f"{name.replace(' ', '-')}.txt"
    if os.environ.get("CDINFRA_ACCEPT_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


class Watched:
    """A live view on a terminal that is read.

    Args:
        plan: What is being done.
        size: Columns and rows.
    """

    def __init__(self, plan: Any, size: tuple[int, int] = (80, 24)) -> None:
        self.now = 60.0
        self.written = StringIO()
        self.size = size
        console = Console(
            file=self.written,
            force_terminal=True,
            width=size[0],
            height=size[1],
            color_system=None,
        )
        self.view = RolloutLive(plan, console, lambda: self.now)

    def table(self) -> list[str]:
        plain = Console(file=StringIO(), width=self.size[0], record=True)
        plain.print(self.view.drawn())
        return [row.rstrip() for row in plain.export_text().splitlines()]

    def frames(self, script: Iterator[tuple[float, Any]], every: float) -> Iterator[str]:
        """Play a scene; yield what stands there each so many seconds, and at the end."""
        shown = said = 0
        for pause, event in script:
            self.now += pause
            self.view.on_event(event)
            above = self.written.getvalue()[said:]
            said += len(above)
            yield from above.splitlines()
            if self.now - 60.0 >= shown:
                shown += int(every)
                yield f"--- {self.now - 60.0:.1f} s"
                yield from self.table()
        yield "--- end"
        yield from self.table()


@pytest.mark.parametrize("scene", SCENES)
def test_the_live_table_is_as_reviewed(scene: str, scenes: Any) -> None:
    plan = scenes.plan_of(3)
    shown = Watched(plan).frames(scenes.SCENES[scene](plan), 2.0)
    compare(f"{scene} live", "\n".join(shown) + "\n")


def test_the_live_table_of_many_hosts_is_as_reviewed(scenes: Any) -> None:
    plan = scenes.plan_of(200, batch=40)
    shown = Watched(plan, (80, 16)).frames(scenes.success(plan), 20.0)
    compare("200 hosts live", "\n".join(shown) + "\n")


@pytest.mark.parametrize("scene", SCENES)
def test_the_lines_in_a_pipe_are_as_reviewed(scene: str, scenes: Any, stage: Any) -> None:
    stage.scene = scenes.SCENES[scene]
    outcome = stage.run("deploy", "web", ":1.4.2")
    assert "\x1b" not in outcome.output
    compare(f"{scene} pipe", f"{outcome.output}exit code {outcome.exit_code}\n")


def test_200_hosts_give_a_line_an_event_in_a_pipe(scenes: Any, stage: Any) -> None:
    stage.plan = scenes.plan_of(200, batch=40)
    outcome = stage.run("deploy", "web", ":1.4.2")
    lines = outcome.stderr.splitlines()
    events = [each for _, each in scenes.success(stage.plan)]
    assert sum(line.startswith("09:") for line in lines) == len(events)
    assert "    batch 2           40 hosts, 20 at a time  " in outcome.stderr
    assert " and 37 more" in outcome.stderr


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (120, 40), (20, 3)])
@pytest.mark.parametrize("hosts", [3, 31, 500])
def test_nothing_is_wider_or_taller_than_the_terminal(
    size: tuple[int, int], hosts: int, scenes: Any
) -> None:
    plan = scenes.plan_of(hosts, batch=40)
    watched = Watched(plan, size)
    for number, (pause, event) in enumerate(scenes.success(plan)):
        watched.now += pause
        watched.view.on_event(event)
        if number % 7 == 0:
            watched.view.show_stopping()
            rows = watched.table()
            assert len(rows) <= max(size[1], 4)
            assert all(len(row) <= size[0] for row in rows)


def test_hosts_that_failed_keep_a_line_however_many_are_at_work(scenes: Any) -> None:
    plan = scenes.plan_of(100, batch=99)
    watched = Watched(plan, (100, 12))
    watched.view.on_event(RolloutStarted(plan=plan, generation=1))
    for number in range(100):
        state = HostState.SWAPPING if number % 10 else HostState.FAILED
        watched.view.on_event(HostMoved(instance_id=scenes.host(number), state=state, reason="503"))
    rows = watched.table()
    assert sum(row.startswith("✗") and row.endswith("503") for row in rows) == 4
    assert any("and 6 more; in all 10 failed" in row for row in rows)
    assert any("in all 90 swapping" in row for row in rows)


def test_the_columns_do_not_shrink_while_it_is_watched(scenes: Any) -> None:
    plan = scenes.plan_of(2)
    watched = Watched(plan)
    watched.view.on_event(scenes.moved(0, HostState.REGISTERING, 1))
    before = watched.table()[1].index("canary")
    watched.view.on_event(scenes.moved(0, HostState.DONE, 1))
    assert watched.table()[1].index("canary") == before


def test_what_a_host_says_can_neither_move_the_cursor_nor_be_markup(scenes: Any) -> None:
    watched = Watched(scenes.plan_of(1), (120, 24))
    hostile = HostMoved(
        instance_id=scenes.host(0),
        state=HostState.FAILED,
        reason="\x1b[2J[bold]no\nway",
        log=("\x1b]0;title\x07[red]log",),
    )
    watched.view.on_event(hostile)
    watched.view.on_event(Waited(what="\x1b[1mthat"))
    said = watched.written.getvalue()
    assert "\\x1b[2J[bold]no\\nway" in said
    assert "\\x1b]0;title\\x07[red]log" in said
    assert "\x1b[2J" not in said
    assert "   waiting for \\x1b[1mthat" in watched.table()


def test_what_is_waited_for_counts_down_and_goes_with_the_next_step(scenes: Any) -> None:
    watched = Watched(scenes.plan_of(1))
    watched.view.on_event(Waited(what="the lock", seconds=40.0))
    watched.now += 30
    assert watched.table()[-1] == "   waiting for the lock, 10 s at most"
    watched.view.on_event(RolloutStarted(plan=scenes.plan_of(1), generation=1))
    assert not any("lock" in row for row in watched.table())


def test_hosts_that_come_up_meanwhile_get_a_line(scenes: Any) -> None:
    watched = Watched(scenes.plan_of(1))
    watched.view.on_event(HostMoved(instance_id="i-late", state=HostState.SWAPPING))
    assert [row.split()[1:3] for row in watched.table()[1:]][-1] == ["i-late", "swapping"]


def test_a_press_of_ctrl_c_is_seen_at_once(scenes: Any) -> None:
    watched = Watched(scenes.plan_of(1), (100, 24))
    watched.view.show_stopping()
    assert "Ctrl-C: asks when the hosts at work are done" in watched.table()[-1]
