import json
import os
from pathlib import Path

import pytest

from cdinfra.errors import LocalCloudError
from cdinfra.local.state_directory import Record, StateDirectory, state_directory

RECORD = Record(pid=7, port=4000, instance="a", started="2026-01-01T00:00:00+00:00", version="1")


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    state = StateDirectory(path=tmp_path / "state")
    state.create()
    return state


def test_the_folder_stands_at_the_root_of_the_checkout(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "examples" / "shop"
    inner.mkdir(parents=True)
    assert state_directory(inner, environ={}) == tmp_path / ".cdinfra"


def test_the_folder_of_a_worktree_is_its_own(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    worktree = tmp_path / "worktree"
    worktree.mkdir()
    (worktree / ".git").write_text("gitdir: elsewhere\n")
    assert state_directory(worktree, environ={}) == worktree / ".cdinfra"


def test_the_environment_names_another_folder(tmp_path: Path) -> None:
    environ = {"CDINFRA_STATE": str(tmp_path / "there")}
    assert state_directory(Path("/"), environ=environ) == tmp_path / "there"


def test_an_empty_variable_names_none() -> None:
    assert state_directory(Path("/nowhere"), environ={"CDINFRA_STATE": ""}).name == ".cdinfra"


def test_git_ignores_the_folder_and_others_cannot_read_it(state: StateDirectory) -> None:
    assert (state.path / ".gitignore").read_text() == "*\n"
    assert state.path.stat().st_mode & 0o777 == 0o700


def test_a_lock_is_held_by_one_and_ends_with_its_descriptor(state: StateDirectory) -> None:
    assert not state.is_alive()
    with state.locked() as lock:
        assert lock is not None
        assert state.is_alive()
        assert state.take_lock() is None
    assert not state.is_alive()


def test_a_lock_that_is_handed_on_outlives_the_one_that_took_it(state: StateDirectory) -> None:
    with state.locked() as lock:
        assert lock is not None
        handed_on = os.dup(lock)
    assert state.is_alive()
    os.close(handed_on)
    assert not state.is_alive()


def test_a_record_is_read_as_written_and_forgotten(state: StateDirectory) -> None:
    state.write(RECORD)
    assert state.read() == RECORD
    assert [each.name for each in state.path.glob("*.tmp")] == []
    state.forget_dead()
    assert state.read() is None


def test_a_record_is_not_forgotten_while_somebody_holds_the_lock(state: StateDirectory) -> None:
    state.write(RECORD)
    with state.locked():
        state.forget_dead()
    assert state.read() == RECORD


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pid": 1}', "\x00", "null"])
def test_a_record_that_cannot_be_read_is_none(state: StateDirectory, content: str) -> None:
    state.record.write_text(content)
    assert state.read() is None


def test_a_folder_that_is_a_file_gives_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    state = StateDirectory(path=tmp_path / "state")
    with pytest.raises(LocalCloudError, match="cannot be written") as error:
        state.create()
    assert "CDINFRA_STATE" in error.value.hint
    assert not state.is_alive()


def test_the_end_of_the_log_is_shown(state: StateDirectory) -> None:
    assert state.last_log_lines() == ""
    state.log.write_text("".join(f"line {number}\n" for number in range(20)))
    assert state.last_log_lines(2) == "  line 18\n  line 19"


def test_a_long_log_is_moved_aside(state: StateDirectory) -> None:
    state.log.write_bytes(b"x" * 1_000_001)
    os.close(state.open_log())
    assert state.log.stat().st_size == 0
    assert (state.path / "local.log.1").stat().st_size == 1_000_001


def test_a_log_that_is_written_to_is_cut_and_goes_on(state: StateDirectory) -> None:
    log = state.open_log()
    os.write(log, b"x" * 1_000_001)
    state.trim_log()
    os.write(log, b"later\n")
    state.trim_log()
    os.close(log)
    assert state.log.read_bytes() == b"later\n"
    assert (state.path / "local.log.1").stat().st_size == 1_000_001


def test_the_record_of_another_version_is_read_as_far_as_it_is_known(state: StateDirectory) -> None:
    state.record.write_text(json.dumps({"pid": 7, "port": 4, "instance": "a", "hosts": 3}))
    assert state.read() is None
    document = {"pid": 7, "port": 4, "instance": "a", "started": "", "version": "1", "hosts": 3}
    state.record.write_text(json.dumps(document))
    assert state.read() == Record(pid=7, port=4, instance="a", started="", version="1")
