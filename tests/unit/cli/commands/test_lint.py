import json
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from click.testing import CliRunner, Result

from cdinfra.cli.root import root
from cdinfra.lint import SHIPPED

Run = Callable[..., Result]
Edit = Callable[[str, str], None]

RULES = """
from cdinfra.lint import Rule, Severity

TOPIC = "AWS::SNS::Topic"
RULES = (
    Rule(
        id="ACME101",
        severity=Severity.ERROR,
        title="A topic is wrong.",
        reason="It is.",
        source="the handbook",
        check=lambda template: [each.hit("is wrong") for each in template.resources(TOPIC)],
    ),
)
"""


@pytest.fixture
def edit(app_file: Path) -> Edit:
    """Replaces a piece of the app file."""

    def replace(old: str, new: str) -> None:
        text = app_file.read_text(encoding="utf-8")
        assert old in text
        app_file.write_text(text.replace(old, new), encoding="utf-8")

    return replace


@pytest.fixture
def rules_file(tmp_path: Path) -> Path:
    file = tmp_path / "rules.py"
    file.write_text(RULES, encoding="utf-8")
    return file


@pytest.fixture
def template_file(tmp_path: Path) -> Path:
    file = tmp_path / "topic.yaml"
    file.write_text("Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n", encoding="utf-8")
    return file


def test_what_is_wrong_is_told_by_stack_with_its_line_and_why(run: Run, app_file: Path) -> None:
    result = run("lint")
    assert result.exit_code == 0
    assert result.stderr == ""
    first, *_, last = result.stdout.splitlines()
    assert first == "web"
    assert "  warning CD405  Bucket holds data and has no DeletionPolicy" in result.stdout
    lines = app_file.read_text(encoding="utf-8").splitlines()
    number = next(index for index, line in enumerate(lines, start=1) if 'Plain("web"' in line)
    assert f"    {app_file}:{number}\n" in result.stdout
    assert "CD405  Nobody decided what becomes of data.\n" in result.stdout
    assert last == "2 stacks: 1 warning"


def test_warnings_fail_a_strict_run(run: Run) -> None:
    assert run("lint", "--strict").exit_code == 8


def test_errors_fail_every_run(run: Run, edit: Edit) -> None:
    edit('"AWS::SNS::Topic"}', '"AWS::SNS::Topic", "Properties": {"Nmae": "x"}}')
    result = run("lint")
    assert result.exit_code == 8
    assert "  error E3002  Topic " in result.stdout


def test_a_clean_app_says_so_in_one_line(run: Run) -> None:
    result = run("lint", "--ignore", "CD405")
    assert result.stdout == "2 stacks: nothing found\n"


def test_the_report_is_one_json_document(run: Run) -> None:
    report = json.loads(run("lint", "--output", "json").stdout)
    assert report["templates"] == ["network", "web"]
    assert (report["errors"], report["warnings"]) == (0, 1)
    assert report["findings"][0]["rule"] == "CD405"
    assert report["rules"][0]["reason"].startswith("Without both policies")


@pytest.mark.parametrize("args", [("--format", "json"), ("--format", "sarif", "-o", "json")])
def test_the_format_wins_over_the_output(run: Run, args: tuple[str, ...]) -> None:
    assert isinstance(json.loads(run("lint", *args).stdout), dict)


def test_the_report_is_written_to_a_file_and_the_text_to_stdout(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lint.xml"
    result = run("lint", "--format", "junit", "--out", str(file), "--strict")
    assert result.exit_code == 8
    assert result.stdout.endswith("2 stacks: 1 warning\n")
    suites = fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 - what we wrote
    assert [suite.attrib["failures"] for suite in suites] == ["0", "1"]


def test_sarif_points_at_the_app_file(run: Run, tmp_path: Path, app_file: Path) -> None:
    run("lint", "--format", "sarif", "--out", str(tmp_path / "lint.sarif"))
    log = json.loads((tmp_path / "lint.sarif").read_text(encoding="utf-8"))
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == str(app_file)


def test_a_file_that_cannot_be_written_is_one_error(run: Run, tmp_path: Path) -> None:
    result = run("lint", "--out", str(tmp_path / "none" / "x"))
    assert result.exit_code == 2
    assert "cannot be written: No such file or directory" in result.stderr


def test_template_files_need_no_app(template_file: Path) -> None:
    result = CliRunner().invoke(root, ["lint", str(template_file), "--file", "none.py"])
    assert (result.exit_code, result.stdout) == (0, "1 file: nothing found\n")


def test_rules_of_ones_own_run_on_template_files(template_file: Path, rules_file: Path) -> None:
    args = ["lint", str(template_file), "--rules-from", str(rules_file)]
    result = CliRunner().invoke(root, args)
    assert result.exit_code == 8
    assert f"  error ACME101  Topic is wrong\n    {template_file}:2\n" in result.stdout


def test_rules_of_the_app_run_on_its_stacks(run: Run, edit: Edit, rules_file: Path) -> None:
    assert rules_file.exists()
    edit("    return app", "    from rules import RULES\n    app.lint_with(*RULES)\n    return app")
    assert "  error ACME101  Topic is wrong\n" in run("lint").stdout


def test_what_is_allowed_is_counted(run: Run, edit: Edit) -> None:
    edit('    app.add(Plain("web"', '    stack = app.add(Plain("web"')
    allow = 'app.allow("CD405", stack=stack, resource="Bucket", reason="it holds copies")'
    edit("    return app", f"    {allow}\n    return app")
    assert run("lint").stdout == "2 stacks: nothing found; 1 allowed\n"


def test_every_rule_is_listed(run: Run, rules_file: Path) -> None:
    lines = run("lint", "--rules", "--rules-from", str(rules_file)).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [*(rule.id for rule in SHIPPED), "ACME101"]
    listed = json.loads(run("lint", "--rules", "--output", "json").stdout)["rules"]
    assert [rule["id"] for rule in listed] == [rule.id for rule in SHIPPED]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--ignore", "CD40"), "ignore/CD40: is no rule"),
        (("--region", "mars-1"), "mars-1"),
        (("--rules-from", "none.py"), "none.py: there is no such file"),
        (("none.yaml",), "none.yaml: cannot be read: No such file or directory"),
        (("web",), "name files of templates, or none for the stacks of infra.py"),
        (("--format", "xml"), "'xml' is not one of"),
    ],
)
def test_wrong_input_is_one_clear_error(run: Run, args: tuple[str, ...], words: str) -> None:
    result = run("lint", *args)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""
