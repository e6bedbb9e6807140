"""The one file that hosts run, against the modules it is made of."""

import ast
import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from cdinfra.cloudinit.agent_source import MODULES, build_agent, join_modules

SHIPPED = Path(str(files("cdinfra.cloudinit").joinpath("files", "cdinfra-host"))).resolve()


def test_the_shipped_agent_is_the_golden_join_of_its_modules() -> None:
    built = build_agent()
    if os.environ.get("CDINFRA_ACCEPT_GOLDEN"):
        SHIPPED.write_text(built, encoding="utf-8")
    assert SHIPPED.read_text(encoding="utf-8") == built, "run `make golden` to accept the change"


def test_the_agent_is_ascii_so_that_yaml_keeps_its_lines() -> None:
    assert SHIPPED.read_bytes().isascii()


def test_the_agent_is_executable() -> None:
    assert os.access(SHIPPED, os.X_OK)


def test_every_module_of_the_agent_is_in_the_agent() -> None:
    folder = files("cdinfra.cloudinit.agent")
    names = {Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".py")}
    assert names - {"__init__"} == set(MODULES)


def test_the_agent_imports_the_standard_library_only() -> None:
    tree = ast.parse(SHIPPED.read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {
        a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names
    }
    assert {str(name).partition(".")[0] for name in modules} <= set(sys.stdlib_module_names)


def test_the_agent_has_the_grammar_of_python_3_9() -> None:
    assert ast.parse(SHIPPED.read_text(encoding="utf-8"), feature_version=(3, 9)).body


def test_the_agent_does_what_its_modules_say() -> None:
    """The same definitions, apart from docstrings and annotations of functions."""
    folder = files("cdinfra.cloudinit.agent")
    bodies: list[str] = []
    for name in MODULES:
        bodies += definitions(folder.joinpath(f"{name}.py").read_text(encoding="utf-8"))
    assert definitions(SHIPPED.read_text(encoding="utf-8")) == bodies


def definitions(source: str) -> list[str]:
    """Dump what a program does, without what the join may cut."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [statement for statement in node.body if not is_text(statement)]
    skipped = (ast.Import, ast.ImportFrom)
    return [
        ast.dump(statement)
        for statement in tree.body
        if not isinstance(statement, skipped) and "TYPE_CHECKING" not in ast.dump(statement)
    ]


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def python_3_9() -> str | None:
    candidates = [
        shutil.which("python3.9"),
        *map(str, Path.home().glob(".pyenv/versions/3.9*/bin/python3.9")),
    ]
    for candidate in filter(None, candidates):
        done = subprocess.run([candidate, "--version"], capture_output=True, check=False)
        if done.returncode == 0:
            return candidate
    return None


def test_the_agent_runs_under_python_3_9() -> None:
    interpreter = python_3_9()
    if interpreter is None:
        pytest.skip("no Python 3.9 on this machine")
    done = subprocess.run(
        [interpreter, "-W", "error", str(SHIPPED), "status"], capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b'"outcome": "invalid"' in done.stdout


def test_lines_in_brackets_are_joined_and_words_stay_apart() -> None:
    source = '"""Doc."""\n\nx = [\n    1  # one\n    if True\n    else "é",\n]\n'
    assert join_modules([source]).endswith('\nx=[1   if True else "é",]\n')


def test_annotations_comments_and_docstrings_are_cut() -> None:
    source = (
        "import os\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import json\n\n\n"
        'def f(a: "é", *, b: int = 1) -> str:  # why\n    """Doc."""\n    return "#" + a\n'
    )
    assert join_modules([source]).splitlines()[2:] == [
        "import os",
        "def f(a,*,b=1):",
        ' return "#"+a',
    ]


def test_an_f_string_stays_as_it_is_since_not_every_python_sees_into_it() -> None:
    source = """x = f"{f(1, y)}: {y = }, {y!r}"\n"""
    assert join_modules([source]).endswith("""\nx=f"{f(1, y)}: {y = }, {y!r}"\n""")
