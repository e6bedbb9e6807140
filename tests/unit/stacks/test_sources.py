"""Which line of a person's code made each part of a template."""

from pathlib import Path

import pytest
from troposphere import GetAtt, Output, s3, sns, sqs

from cdinfra.deploy.load import load_app
from cdinfra.model import App, SourceLine, StackTemplate
from cdinfra.stacks import Foundation, Network, Stack, TemplateBuilder

INFRA = """\
from team.queues import Queues
from troposphere import s3, sqs
from cdinfra import App
from cdinfra.stacks import Foundation, Network


class Logged(Foundation):
    def build_bucket(self, builder):
        bucket = super().build_bucket(builder)
        bucket.BucketName = "acme"
        return bucket

    def add_resources(self, builder):
        super().add_resources(builder)
        builder.add(sqs.Queue("Jobs"))

    def customize(self, builder):
        builder.template.add_resource(sqs.Queue("Late"))


def build_app(env):
    app = App("shop", env=env, owner="team")
    app.add(Logged())
    app.add(
        Network("network")
    )
    app.add(Queues("queues"))
    return app
"""

QUEUES = """\
from troposphere import sqs
from cdinfra.stacks import Stack


class Queues(Stack):
    def add_resources(self, builder):
        for name in ("One", "Two"):
            builder.add(self.build_queue(name))
        builder.output("Region", "x", "y")

    def build_queue(self, name):
        return sqs.Queue(name)
"""


class Shadowed(Foundation):
    def customize(self, builder: TemplateBuilder) -> None:
        builder.template.resources["Bucket"] = s3.Bucket("Bucket")


class Namesakes(Stack):
    def add_resources(self, builder: TemplateBuilder) -> None:
        topic = builder.add(self.build_topic())
        builder.template.add_output(Output("Topic", Value=GetAtt(topic, "TopicName")))

    def build_topic(self) -> sns.Topic:
        return sns.Topic("Topic")


class Elsewhere(Stack):
    def add_resources(self, builder: TemplateBuilder) -> None:
        add_queue(builder)


def add_queue(builder: TemplateBuilder) -> None:
    builder.add(sqs.Queue("Jobs"))


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, StackTemplate]:
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "queues.py").write_text(QUEUES)
    (tmp_path / "infra.py").write_text(INFRA)
    monkeypatch.chdir(tmp_path)
    return {each.name: each for each in load_app(Path("infra.py"), "dev").build()}


def built(stack: Stack) -> StackTemplate:
    app = App("shop", env="dev", owner="team")
    app.add(stack)
    (template,) = app.build()
    return template


def test_a_shipped_class_points_at_the_line_that_adds_the_stack(
    templates: dict[str, StackTemplate],
) -> None:
    assert str(templates["network"].sources["Vpc"]) == "infra.py:24 (Network.build_vpc)"
    assert str(templates["network"].sources["VpcId"]) == "infra.py:24 (Network.add_resources)"


def test_a_method_of_ones_own_that_makes_a_resource_is_pointed_at(
    templates: dict[str, StackTemplate],
) -> None:
    assert str(templates["foundation"].sources["Bucket"]) == "infra.py:8 (Logged.build_bucket)"


def test_a_resource_that_is_added_by_ones_own_code_has_that_line(
    templates: dict[str, StackTemplate],
) -> None:
    assert str(templates["foundation"].sources["Jobs"]) == "infra.py:15 (Logged.add_resources)"


def test_what_a_shipped_class_adds_for_a_subclass_has_the_line_that_calls_it(
    templates: dict[str, StackTemplate],
) -> None:
    source = templates["foundation"].sources["BucketPolicy"]
    assert str(source) == "infra.py:14 (Foundation.build_bucket_policy)"


def test_what_a_hook_puts_into_the_template_itself_has_the_hooks_line(
    templates: dict[str, StackTemplate],
) -> None:
    assert str(templates["foundation"].sources["Late"]) == "infra.py:17 (Logged.customize)"


def test_a_module_beside_the_app_file_is_named_from_its_folder(
    templates: dict[str, StackTemplate],
) -> None:
    assert str(templates["queues"].sources["Two"]) == "team/queues.py:11 (Queues.build_queue)"
    assert str(templates["queues"].sources["Region"]) == "team/queues.py:9 (Queues.add_resources)"


def test_no_origin_is_part_of_a_template(templates: dict[str, StackTemplate]) -> None:
    assert not any("infra.py" in each.body for each in templates.values())


def test_a_resource_that_a_hook_replaces_is_the_hooks() -> None:
    assert built(Shadowed()).sources["Bucket"].method == "Shadowed.customize"


def test_of_a_resource_and_an_output_of_one_name_the_resource_counts() -> None:
    assert built(Namesakes("topics")).sources["Topic"].method == "Namesakes.build_topic"


def test_a_function_of_ones_own_that_adds_a_resource_is_pointed_at() -> None:
    assert built(Elsewhere("queues")).sources["Jobs"].method == "add_queue"


def test_everything_in_a_template_has_an_origin() -> None:
    template = built(Network("network"))
    names = {*template.document["Resources"], *template.document["Outputs"]}
    assert names == template.sources.keys()


def test_a_stack_that_no_app_holds_names_only_the_method() -> None:
    template = Foundation().build(App("shop", env="dev", owner="team").context)
    expected = SourceLine(file="", line=0, method="Foundation.build_bucket")
    assert template.sources["Bucket"] == expected
