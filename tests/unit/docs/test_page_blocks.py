"""What stands on the pages works: examples build, commands exist, links lead somewhere."""

import os
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cdinfra.cli.root import root
from cdinfra.deploy.load import load_app

REPOSITORY = Path(__file__).parents[3]
PAGES = (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md")))
OTHER_PROGRAMS = {"aws", "curl", "docker", "export"}
INVALID_INPUT = 2


def blocks(language: str) -> list[object]:
    """Return the fenced blocks of a language on all pages, as parameters of a test."""
    fenced = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [
        pytest.param(block, id=f"{page.name}-{number}")
        for page in PAGES
        for number, block in enumerate(fenced.findall(page.read_text(encoding="utf-8")), start=1)
    ]


def commands() -> list[object]:
    """Return the commands of all console blocks, those within ``$(…)`` too."""
    lines = [
        line.removeprefix("$ ")
        for block in blocks("console")
        for line in block.values[0].splitlines()  # type: ignore[attr-defined] # a parameter
        if line.startswith("$ ")
    ]
    inner = [each for line in lines for each in re.findall(r"\$\((.*?)\)", line)]
    return [pytest.param(shlex.split(each, comments=True), id=each) for each in (*lines, *inner)]


def context_of(words: list[str]) -> click.Context:
    """Return the context of the command that words name, with their options read."""
    command: click.Command = root
    # click keeps the help option that it makes first: these contexts have to be the real ones.
    ctx = click.Context(root, info_name="cdinfra", **root.context_settings)
    while isinstance(command, click.Group):
        parent = ctx
        name, found, words = command.resolve_command(parent, list(words))
        assert found is not None
        command, ctx = found, click.Context(found, info_name=name, parent=parent)
    return command.make_context(ctx.info_name, words, parent=parent)


@pytest.mark.parametrize("block", blocks("python"))
def test_every_example_is_python_and_every_app_builds(block: str, tmp_path: Path) -> None:
    compile(block, "example", "exec")
    if "def build_app" in block:
        (tmp_path / "infra.py").write_text(block, encoding="utf-8")
        assert load_app(tmp_path / "infra.py", "dev").build()


def test_the_pages_have_examples_and_commands() -> None:
    assert len(blocks("python")) > 5
    assert len(commands()) > 20


@pytest.mark.parametrize("words", commands())
def test_every_command_on_a_page_exists_with_its_options(words: list[str], tmp_path: Path) -> None:
    match words:
        case ["cdinfra", *rest]:
            check_cdinfra(rest, tmp_path)
        case ["make", *rest]:
            check_make(rest)
        case [program, *_]:
            assert program in OTHER_PROGRAMS


def check_cdinfra(words: list[str], state: Path) -> None:
    assert context_of(words)
    if words[:3] == ["local", "fault", "add"]:
        # Without a local cloud it ends there, but only after the settings were read.
        env = {**os.environ, "CDINFRA_STATE": str(state)}
        outcome = CliRunner().invoke(root, words, env=env)
        assert outcome.exit_code > INVALID_INPUT, outcome.output


def check_make(words: list[str]) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for word in words:
        variable, equals, _ = word.partition("=")
        pattern = rf"^{variable}\s*\??=" if equals else rf"^{word}:"
        assert re.search(pattern, makefile, re.MULTILINE), word


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, heading = target.partition("#")
        if name.startswith("https://"):
            continue
        file = page.parent / name if name else page
        assert file.is_file(), target
        assert not heading or heading in headings(file), target


def headings(file: Path) -> set[str]:
    """Return a page's headings as the ends of links to them."""
    found = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}
