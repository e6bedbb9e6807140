from __future__ import annotations

import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.deploy.load import load_app
from cdinfra.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
    from cdinfra import App

    def build_app(env):
        return App("shop", env=env, owner="team", environments=("dev", "staging"))
"""


def written(folder: Path, text: str, name: str = "infra.py") -> Path:
    path = folder / name
    path.write_text(dedent(text))
    return path


def refusal(path: Path, env: str = "dev") -> str:
    with pytest.raises(InvalidInputError) as caught:
        load_app(path, env)
    return caught.value.message


def test_the_app_is_what_build_app_returns(tmp_path: Path) -> None:
    app = load_app(written(tmp_path, GOOD), "staging")
    assert (app.name, app.env) == ("shop", "staging")


def test_modules_beside_the_file_can_be_imported_and_are_forgotten(tmp_path: Path) -> None:
    written(tmp_path, "OWNER = 'one'", "settings_beside.py")
    text = GOOD.replace('owner="team"', "owner=OWNER").replace(
        "from cdinfra", "from settings_beside import OWNER\n    from cdinfra", 1
    )
    assert load_app(written(tmp_path, text), "dev").owner == "one"
    assert "settings_beside" not in sys.modules
    assert str(tmp_path) not in sys.path
    written(tmp_path, "OWNER = 'another one'", "settings_beside.py")
    assert load_app(tmp_path / "infra.py", "dev").owner == "another one"


def test_a_dataclass_can_be_defined_in_the_file(tmp_path: Path) -> None:
    text = (
        GOOD
        + "\n    from dataclasses import dataclass\n    @dataclass\n    class A:\n        x: int"
    )
    assert load_app(written(tmp_path, text), "dev").name == "shop"


def test_a_missing_file_is_named_with_the_nearest_beside_it(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    with pytest.raises(InvalidInputError) as caught:
        load_app(tmp_path / "infa.py", "dev")
    assert caught.value.message == f"{tmp_path / 'infa.py'}: there is no such file"
    assert caught.value.hint == f"did you mean --file {tmp_path / 'infra.py'}?"


def test_a_missing_file_without_a_near_one_points_to_the_option(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_app(tmp_path / "nowhere" / "infra.py", "dev")
    assert "--file" in caught.value.hint


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is a folder"):
        load_app(tmp_path, "dev")


def test_a_syntax_error_is_told_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "x = 1\ndef build_app(env)\n    pass\n")
    assert refusal(path) == f"{path}:2: is no valid Python: expected ':' (def build_app(env))"


def test_a_syntax_error_in_a_module_beside_it_is_told_where_it_is(tmp_path: Path) -> None:
    beside = written(tmp_path, "x = (\n", "broken_beside.py")
    path = written(tmp_path, "import broken_beside\n")
    assert refusal(path).startswith(f"{beside}:1: is no valid Python: '(' was never closed")


def test_a_missing_module_is_told_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "\nimport no_such_module\n")
    assert refusal(path) == (
        f"{path}:2: ModuleNotFoundError: No module named 'no_such_module' "
        "(is it installed in this environment?)"
    )


def test_a_misspelt_import_names_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path, "from cdinfra.model import Litteral\n")
    assert refusal(path).endswith("(did you mean 'Literal'?)")
    assert refusal(path).startswith(f"{path}:1: ImportError: cannot import name 'Litteral'")


def test_an_exception_inside_build_app_is_told_with_its_innermost_own_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        def capacity():
            return {}["web"]

        def build_app(env):
            return capacity()
        """,
    )
    assert refusal(path) == f"{path}:3: KeyError: 'web'"


def test_an_exception_without_words_has_at_least_its_name(tmp_path: Path) -> None:
    path = written(tmp_path, "def build_app(env):\n    raise RuntimeError\n")
    assert refusal(path) == f"{path}:2: RuntimeError"


def test_an_unknown_keyword_names_the_nearest(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        from cdinfra import App

        def build_app(env):
            return App("shop", env=env, ower="team")
        """,
    )
    assert refusal(path).startswith(f"{path}:5: TypeError: App.__init__() got an unexpected")
    assert refusal(path).endswith("(did you mean 'owner'?)")


def test_an_unknown_keyword_of_a_function_names_the_nearest(tmp_path: Path) -> None:
    text = "def size(*, maximum): ...\ndef build_app(env):\n    size(maximun=2)\n"
    assert refusal(written(tmp_path, text)).endswith("(did you mean 'maximum'?)")


def test_an_unknown_name_names_the_nearest(tmp_path: Path) -> None:
    text = "def build_app(env):\n    network = 1\n    return netwrok\n"
    assert refusal(written(tmp_path, text)).endswith("(did you mean 'network'?)")


def test_an_unknown_attribute_names_the_nearest(tmp_path: Path) -> None:
    text = GOOD + "\n    build_app('dev').enviroments"
    assert refusal(written(tmp_path, text)).endswith("(did you mean 'environments'?)")


def test_a_file_without_build_app_says_what_to_write(tmp_path: Path) -> None:
    path = written(tmp_path, "x = 1\n")
    assert refusal(path) == (
        f"{path}: defines no function build_app (write: def build_app(env: str) -> App)"
    )


def test_a_misspelt_build_app_is_recognized(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, "def buildapp(env): ...\n")).endswith("(rename 'buildapp')")


def test_a_build_app_that_returns_nothing_is_told_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "\n\ndef build_app(env):\n    pass\n")
    assert (
        refusal(path) == f"{path}:3: build_app returns None, not an App (end it with: return app)"
    )


def test_a_build_app_that_returns_something_else_says_what(tmp_path: Path) -> None:
    path = written(tmp_path, "def build_app(env):\n    return {}\n")
    assert refusal(path) == f"{path}:1: build_app returns a dict, not an App"


def test_a_build_app_without_a_parameter_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "def build_app():\n    pass\n")
    assert "build_app() takes 0 positional arguments" in refusal(path)


def test_what_the_model_finds_wrong_keeps_its_words_and_gains_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    with pytest.raises(InvalidInputError) as caught:
        load_app(path, "stagin")
    assert caught.value.message == "env: 'stagin' is not one (did you mean 'staging'?)"
    assert caught.value.hint == f"see {path}:5"


def test_a_file_that_ends_the_program_does_not_end_ours(tmp_path: Path) -> None:
    path = written(tmp_path, "import sys\nsys.exit(3)\n")
    assert refusal(path) == f"{path}:2: ends the program: sys.exit(3)"


def test_generated_code_is_never_the_line_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(
        tmp_path,
        "from cdinfra.stacks import Network\n"
        "def build_app(env):\n"
        "    return Network('network', zones='2')\n",
    )
    with pytest.raises(InvalidInputError) as caught:
        load_app(path.relative_to(tmp_path), "dev")
    assert caught.value.message == "stacks/network/zones: '2' is not a whole number"
    assert caught.value.hint == "see infra.py:3"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("def f(): return f()\ndef build_app(env): return f()\n", "1: RecursionError"),
        ("def build_app(env):\n    raise GeneratorExit\n", "2: GeneratorExit"),
        (
            "class Own(BaseException): pass\ndef build_app(env):\n    raise Own('no')\n",
            "3: Own: no",
        ),
        (
            "class Mute(Exception):\n    def __str__(self): return 1 / 0\nraise Mute\n",
            "3: Mute",
        ),
    ],
)
def test_whatever_is_raised_is_told_with_its_line(tmp_path: Path, body: str, told: str) -> None:
    path = written(tmp_path, body)
    assert refusal(path).startswith(f"{path}:{told}")


def test_ctrl_c_while_the_file_runs_is_no_mistake_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        load_app(path, "dev")
    assert str(tmp_path) not in sys.path


def test_what_the_file_prints_is_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_app(written(tmp_path, "print('loading')\n" + dedent(GOOD)), "dev")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "loading\n")


def test_a_file_that_takes_itself_from_the_path_does_no_harm(tmp_path: Path) -> None:
    text = "import sys\nsys.path = [each for each in sys.path if each != __file__[:-9]]\n"
    before = list(sys.path)
    load_app(written(tmp_path, text + dedent(GOOD)), "dev")
    assert sys.path == before


def test_a_hook_that_fails_while_a_template_is_built_is_told_with_its_line(tmp_path: Path) -> None:
    text = GOOD.replace("return App(", "app = App(")
    path = written(
        tmp_path,
        f"""{text}
        class Own:
            name = "own"
            foundational = False
            def build(self, context):
                import beside
                return beside.made()
        app.add(Own())
        return app
""",
    )
    written(tmp_path, "def made():\n    return {}['x']\n", "beside.py")
    assert refusal(path) == f"{tmp_path / 'beside.py'}:2: KeyError: 'x'"


def test_a_file_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "infra.py"
    path.write_bytes(b"\xff\xfe\x00")
    assert refusal(path).startswith(str(path))


@given(text=st.text(alphabet="abdefpu_(): \n\t='\"\\\x00é", max_size=60))
def test_whatever_the_file_holds_there_is_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("app") / "infra.py"
    path.write_text(text)
    with pytest.raises(InvalidInputError) as caught:
        load_app(path, "dev")
    assert str(path) in caught.value.message
