import os
from pathlib import Path

import pytest

from cdinfra.local.code_fingerprint import code_fingerprint


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name in ("local/deep/a.py", "aws/b.py", "errors.py", "cli/c.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x = 1\n")
        os.utime(file, ns=(1, 1))
    return tmp_path


def test_the_same_code_has_the_same_fingerprint(package: Path) -> None:
    assert code_fingerprint(package) == code_fingerprint(package)
    assert code_fingerprint() == code_fingerprint()


@pytest.mark.parametrize("name", ["local/deep/a.py", "aws/b.py", "errors.py", "local/new.py"])
def test_an_edit_of_what_the_local_cloud_runs_changes_it(package: Path, name: str) -> None:
    before = code_fingerprint(package)
    (package / name).write_text("x = 2\n")
    assert code_fingerprint(package) != before


def test_an_edit_elsewhere_does_not(package: Path) -> None:
    before = code_fingerprint(package)
    (package / "cli" / "c.py").write_text("x = 2\n")
    assert code_fingerprint(package) == before
