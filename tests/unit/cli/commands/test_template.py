import json
from collections.abc import Callable

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
