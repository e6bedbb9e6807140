from pathlib import Path

import pytest

from cdinfra.deploy.load import load_app
from cdinfra.lint import lint_app

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/infra.py"))


@pytest.mark.parametrize("name", NAMES)
def test_lint_finds_nothing_in_an_example_that_it_does_not_allow(name: str) -> None:
    report = lint_app(load_app(EXAMPLES / name / "infra.py", "dev"))
    assert report.findings == ()
