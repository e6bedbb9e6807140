"""The files of a new repository: what they say, and that CI only calls the Makefile."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.deploy.load import load_app
from cdinfra.errors import InvalidInputError
from cdinfra.scaffold.scaffold import CI_FILES, FILES, CiServer, Scaffold, load_scaffold
from cdinfra.scaffold.write import Written, apply_scaffold

OWNERS = st.text(min_size=1, max_size=40).filter(str.isprintable)
EVERYTHING = Scaffold(app="shop", owner="team", region="eu-west-1", ci=tuple(CiServer))


def files(**settings: object) -> Mapping[str, str]:
    return load_scaffold(Scaffold(**{"app": "shop", "owner": "team", **settings}))  # type: ignore[arg-type] # as a person passes them


def test_the_app_is_described_with_the_names_that_were_given(tmp_path: Path) -> None:
    apply_scaffold(tmp_path, load_scaffold(EVERYTHING), keep_existing=False)
    for env in ("dev", "production"):
        app = load_app(tmp_path / "infra.py", env)
        assert (app.name, app.owner, app.region) == ("shop", "team", "eu-west-1")
        assert [each.name for each in app.build()] == ["foundation", "network", "registry", "web"]


def test_without_a_region_the_app_names_none(tmp_path: Path) -> None:
    apply_scaffold(tmp_path, files(), keep_existing=False)
    assert load_app(tmp_path / "infra.py", "dev").region is None


@given(owner=OWNERS)
def test_an_owner_is_a_string_whatever_is_in_it(owner: str) -> None:
    namespace: dict[str, object] = {}
    text = files(owner=owner)["infra.py"]
    literal = re.search(r"^ +owner=(.*),$", text, re.MULTILINE)
    assert literal is not None
    exec(f"value = {literal[1]}", namespace)  # noqa: S102 - the file is executed, too
    assert namespace["value"] == owner


def test_no_placeholder_is_left() -> None:
    for path, text in load_scaffold(EVERYTHING).items():
        assert not re.search("@[A-Z]+@", text), path
    assert 'owner="@APP@"' in files(owner="@APP@")["infra.py"]


def test_the_requirement_ends_before_the_next_incompatible_version() -> None:
    assert files()["requirements.txt"] == "cdinfra>=0.1.0,<0.2\n"


@pytest.mark.parametrize("server", CiServer)
def test_only_the_chosen_ci_servers_get_a_configuration(server: CiServer) -> None:
    assert files(ci=(server,)).keys() == {*FILES, CI_FILES[server][0]}


def commands_of(server: CiServer) -> list[str]:
    """Return every shell command of a CI configuration."""
    text = load_scaffold(EVERYTHING)[CI_FILES[server][0]]
    match server:
        case CiServer.GITHUB:
            jobs = yaml.safe_load(text)["jobs"].values()
            return [step["run"] for job in jobs for step in job["steps"] if "run" in step]
        case CiServer.GITLAB:
            jobs = [each for each in yaml.safe_load(text).values() if isinstance(each, dict)]
            return [line for job in jobs for line in job.get("script", ())]
        case CiServer.JENKINS:
            return re.findall(r"^ +sh '(.*)'$", text, re.MULTILINE)


@pytest.mark.parametrize("server", CiServer)
def test_a_ci_server_only_calls_targets_of_the_makefile(server: CiServer) -> None:
    makefile = files()["Makefile"]
    commands = commands_of(server)
    assert len(commands) >= 4
    for command in commands:
        program, target, *settings = command.split()
        if command == ".venv/bin/cdinfra local down":
            continue
        assert program == "make"
        assert re.search(rf"^{target}: ", makefile, re.MULTILINE), target
        for setting in settings:
            assert re.search(rf"^{setting.partition('=')[0]} +\?=", makefile, re.MULTILINE), setting


def test_every_target_of_the_makefile_has_help() -> None:
    makefile = files()["Makefile"]
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    for target in phony[1].split():
        assert re.search(rf"^{target}:.*  ## \w", makefile, re.MULTILINE), target


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"app": "Shop"}, "app: 'Shop' is not a valid name"),
        ({"owner": ""}, "app/owner: '' is no owner"),
        ({"owner": "a\nb"}, "owner: has characters that cannot be printed"),
        ({"owner": "\udcff"}, "owner: has characters that cannot be printed"),
        ({"region": ""}, "app/region: '' is no region"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_is_written(
    settings: dict[str, object], told: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        files(**settings)
    assert caught.value.message.startswith(told)


def test_existing_files_are_all_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("all:\n")
    (tmp_path / "infra.py").write_text("")
    with pytest.raises(InvalidInputError) as caught:
        apply_scaffold(tmp_path, files(), keep_existing=False)
    assert [Path(each.path).name for each in caught.value.problems] == ["infra.py", "Makefile"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "infra.py"]


def test_existing_files_are_kept_on_request(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("all:\n")
    written = apply_scaffold(tmp_path, files(), keep_existing=True)
    assert written.kept == ("Makefile",)
    assert (tmp_path / "Makefile").read_text() == "all:\n"
    again = apply_scaffold(tmp_path, files(), keep_existing=True)
    assert again == Written(created=(), kept=tuple(files()))


def test_a_folder_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("a file where a folder has to be")
    with pytest.raises(InvalidInputError, match="cannot be written"):
        apply_scaffold(tmp_path, files(), keep_existing=False)
    assert [path.name for path in tmp_path.iterdir()] == [".github"]
