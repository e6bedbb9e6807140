from pathlib import Path

import pytest

from cdinfra.deploy.file_value import load_file_value
from cdinfra.errors import InvalidInputError
from cdinfra.model import FromFile

DOCUMENT = """\
database:
  size: 010
  version: 1.10
  encrypted: yes
  zones: [a, b]
  users: {a: 1}
"""
NO_VALUE = "is no value of a parameter (a string, a number, true or false, or a list of strings)"
JSON = '{"database": {"size": 7, "ratio": 1.50, "on": true, "off": false, "none": null}}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "version.txt").write_text("1.4.0\r\n\n", encoding="utf-8")
    (tmp_path / "config.yaml").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / "config.json").write_text(JSON, encoding="utf-8")
    (tmp_path / "broken.json").write_text('{"password": "hunter2"', encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("a: [hunter2", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes(b"\xe4")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (FromFile("version.txt"), "1.4.0"),
        (FromFile("config.yaml", key="database.size"), "010"),
        (FromFile("config.yaml", key="database.version"), "1.10"),
        (FromFile("config.yaml", key="database.encrypted"), "yes"),
        (FromFile("config.yaml", key="database.zones"), "a,b"),
        (FromFile("config.json", key="database.size"), "7"),
        (FromFile("config.json", key="database.ratio"), "1.50"),
        (FromFile("config.json", key="database.on"), "true"),
        (FromFile("config.json", key="database.off"), "false"),
    ],
)
def test_a_value_is_what_stands_in_the_file(source: FromFile, value: str, folder: Path) -> None:
    assert load_file_value("here", source, folder) == value


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (FromFile("verison.txt"), "there is no file {folder}/verison.txt"),
        (FromFile("."), "{folder} cannot be read: Is a directory"),
        (FromFile("latin.txt"), "{folder}/latin.txt is no text in UTF-8"),
        (FromFile("broken.json", key="a"), "broken.json is no JSON"),
        (FromFile("broken.yaml", key="a"), "broken.yaml is no YAML"),
        (
            FromFile("config.yaml", key="database.sise"),
            "config.yaml has no database.sise (did you mean 'size'?)",
        ),
        (FromFile("config.yaml", key="database.size.x"), "config.yaml has no database.size.x"),
        (
            FromFile("config.yaml", key="database.users"),
            f"database.users in config.yaml {NO_VALUE}",
        ),
        (
            FromFile("config.json", key="database.none"),
            f"database.none in config.json {NO_VALUE}",
        ),
    ],
)
def test_a_value_that_cannot_be_read_is_told_without_a_word_of_the_file(
    source: FromFile, problem: str, folder: Path
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_file_value("stacks/web/parameters/Size", source, folder)
    expected = f"stacks/web/parameters/Size: {problem.format(folder=folder)}"
    assert caught.value.message == expected
    assert "hunter2" not in caught.value.message
