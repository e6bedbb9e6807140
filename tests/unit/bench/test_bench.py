"""The parts of the benchmark that measure nothing: medians, the table, what a failure says."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def timing(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCH)
    import timing  # noqa: PLC0415 - found through the path above

    return timing


@pytest.fixture
def table(timing: ModuleType) -> ModuleType:
    assert timing
    import table  # noqa: PLC0415 - found through the path above

    return table


def command(timing: ModuleType, code: str, folder: Path) -> object:
    words = [sys.executable, "-c", code]
    return timing.Command(words=words, folder=folder, environ={})


def test_a_command_is_timed_so_often_and_once_more_to_warm_up(
    timing: ModuleType, tmp_path: Path
) -> None:
    runs: list[int] = []

    def make(run: int) -> object:
        runs.append(run)
        return command(timing, "pass", tmp_path)

    measured = timing.time_command(make, 3)
    assert runs == [0, 1, 2, 3]
    assert len(measured.seconds) == 3
    assert min(measured.seconds) > 0


def test_a_command_that_fails_gives_no_figure_but_its_last_words(
    timing: ModuleType, tmp_path: Path
) -> None:
    code = "import sys; sys.exit('it broke')"
    with pytest.raises(timing.JobFailedError, match="it broke"):
        timing.time_command(lambda _: command(timing, code, tmp_path), 1)


def test_the_median_is_told_with_the_range_and_the_fastest_stands_out(
    timing: ModuleType, table: ModuleType
) -> None:
    row = table.Row(
        job="work",
        timings={
            "cdinfra": timing.Timing(seconds=(0.3, 0.1, 0.2)),
            "aws": timing.Timing(seconds=(1.5, 2.5, 30.0)),
            "cdk": "not installed",
        },
        goal="under 1 s",
    )
    assert table.rows_table([row]) == [
        "| job | cdinfra | aws | cdk | goal |",
        "|---|---|---|---|---|",
        "| work | **200 ms (100 ms-300 ms)** | 2.5 s (1.5 s-30.0 s) | not installed | under 1 s |",
    ]


def test_a_peer_that_is_faster_stands_out_all_the_same(
    timing: ModuleType, table: ModuleType
) -> None:
    row = table.Row(
        job="work",
        timings={
            "cdinfra": timing.Timing(seconds=(2.0,)),
            "aws": timing.Timing(seconds=(1.0,)),
        },
    )
    assert "**1.0 s (1.0 s-1.0 s)**" in table.rows_table([row])[-1]


@pytest.fixture
def sections(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCH)
    import sections  # noqa: PLC0415 - found through the path above

    return sections


def test_a_part_of_the_page_is_written_and_the_others_stay(
    sections: ModuleType, tmp_path: Path
) -> None:
    page = tmp_path / "bench.md"
    sections.write_section(page, "programs", ["| a |", ""])
    sections.write_section(page, "hosts", ["## Hosts", "", "old"])
    sections.write_section(page, "programs", ["| b |"])
    sections.write_section(page, "hosts", ["## Hosts", "", "new"])
    assert page.read_text().splitlines() == [
        "# Speed",
        "",
        sections.begin("programs"),
        "",
        "| b |",
        "",
        sections.begin("hosts"),
        "",
        "## Hosts",
        "",
        "new",
    ]


def test_the_page_in_the_docs_has_no_other_parts_than_those_that_are_written(
    sections: ModuleType,
) -> None:
    text = (BENCH.parents[1] / "docs" / "bench.md").read_text(encoding="utf-8")
    first, *parts = sections.split_page(text)
    assert first == ""
    assert parts[0] == sections.begin("programs")
    assert set(parts[1:]) <= {sections.begin("hosts")}
