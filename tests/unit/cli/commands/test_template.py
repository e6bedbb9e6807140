import json
from collections.abc import Callable
from pathlib import Path

import yaml
from click.testing import Result

Run = Callable[..., Result]


def test_a_template_is_printed_as_json(run: Run) -> None:
    document = json.loads(run("template", "web").stdout)
    assert document["Resources"]["Bucket"]["Type"] == "AWS::S3::Bucket"


def test_a_template_is_printed_as_yaml_that_says_the_same(run: Run) -> None:
    text = run("template", "network", "--format", "yaml").stdout
    assert yaml.safe_load(text.replace("!Ref ", ""))["Outputs"] == {"TopicArn": {"Value": "Topic"}}


def test_an_unknown_stack_is_refused_with_the_nearest(run: Run) -> None:
    result = run("template", "netwrok")
    assert result.exit_code == 2
    assert result.stderr == "error: stacks/netwrok: is no stack (did you mean 'network'?)\n"
    assert result.stdout == ""


def test_templates_are_written_into_a_folder_one_file_a_stack(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "build" / "dev"
    result = run("template", "--to", str(folder))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [str(folder / "network.json"), str(folder / "web.json")]
    printed = run("template", "web").stdout
    assert (folder / "web.json").read_text(encoding="utf-8") == printed
    again = run("template", "web", "--to", str(folder), "--format", "yaml")
    assert again.stdout.splitlines() == [str(folder / "web.yaml")]


def test_without_a_folder_one_stack_is_named(run: Run) -> None:
    for stacks in ((), ("network", "web")):
        result = run("template", *stacks)
        assert result.exit_code == 2
        assert "STACK: name the one to print" in result.stderr


def test_a_folder_that_cannot_be_written_to_is_one_clear_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    result = run("template", "--to", str(tmp_path / "taken" / "build"))
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
