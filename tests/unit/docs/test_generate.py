import importlib.util
import inspect
from pathlib import Path
from types import ModuleType

import pytest

from cdinfra import errors
from cdinfra.deploy.statuses import RULES
from cdinfra.errors import CdinfraError

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_say_what_the_code_says(generate: ModuleType) -> None:
    for name, page in generate.PAGES.items():
        assert page() == (DOCS / name).read_text(encoding="utf-8"), "run `make docs`"


def test_a_page_that_was_edited_by_hand_is_stale(generate: ModuleType, tmp_path: Path) -> None:
    assert generate.stale_pages(tmp_path) == tuple(generate.PAGES)
    for name, page in generate.PAGES.items():
        (tmp_path / name).write_text(page(), encoding="utf-8")
    assert generate.stale_pages(tmp_path) == ()
    with (tmp_path / "cli.md").open("a", encoding="utf-8") as page:
        page.write("more\n")
    assert generate.stale_pages(tmp_path) == ("cli.md",)


def test_every_command_and_option_is_in_the_docs(generate: ModuleType) -> None:
    page = generate.cli_page()
    for word in ("## `cdinfra up`", "### `cdinfra local fault add`", "--all-resources", "--yes"):
        assert word in page


def test_every_error_is_in_the_docs_with_its_exit_code(generate: ModuleType) -> None:
    page = generate.errors_page()
    for name, error in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error, CdinfraError):
            row = next(row for row in page.splitlines() if f"`{name}`" in row)
            assert row.startswith(f"| {error.exit_code} |")


def test_every_status_is_in_the_docs_with_what_is_done(generate: ModuleType) -> None:
    page = generate.statuses_page()
    for status, rule in RULES.items():
        assert f"\n| `{status}` | {rule.up} | {rule.down} | {rule.why} | " in page
    assert "--retain STACK/NAME |" in page
