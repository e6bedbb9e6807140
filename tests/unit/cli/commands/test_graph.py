from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_a_picture_goes_to_stdout_as_mermaid(run: Run) -> None:
    result = run("graph")
    assert result.exit_code == 0
    assert result.stdout.startswith('---\ntitle: "shop dev"\n---\nflowchart LR\n')
    assert 'subgraph s2["web"]' in result.stdout
    assert result.stderr == ""


def test_a_picture_is_written_into_a_file(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "app.svg"
    result = run("graph", "--format", "svg", "--out", str(out))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{out} is written\n"
    assert out.read_text(encoding="utf-8") == run("graph", "--format", "svg").stdout


def test_an_environment_is_named_in_the_picture(run: Run) -> None:
    assert 'title: "shop staging"' in run("graph", "--env", "staging").stdout


def test_a_picture_is_narrowed_to_stacks(run: Run) -> None:
    text = run("graph", "--stack", "network").stdout
    assert "network" in text
    assert "Bucket" not in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--stack", "wbe"), "wbe: is no stack of this app (did you mean 'web'?)"),
        (("--format", "png"), "'png' is not one of 'mermaid', 'svg'"),
        (("--out", "no/such/folder/a.svg"), "a.svg: cannot be written: No such file"),
    ],
)
def test_wrong_words_are_told(run: Run, words: tuple[str, str], told: str) -> None:
    result = run("graph", *words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""
