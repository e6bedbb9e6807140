"""Which line of a person's code made something."""

from pathlib import Path

import pytest

from cdinfra.model import App, BuildContext, SourceLine, StackTemplate
from cdinfra.model.source_line import is_shipped, line_of_caller, line_of_function


class Plain:
    """A stack of somebody's own, without cdinfra's base class."""

    name = "plain"
    foundational = False

    def build(self, context: BuildContext) -> StackTemplate:
        return StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document={
                "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
                "Outputs": {"Arn": {"Value": {"Ref": "Topic"}}},
            },
            sources={"Arn": SourceLine(file="plain.yaml", line=7)},
        )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (SourceLine(file="infra.py", line=4), "infra.py:4"),
        (SourceLine(file="infra.py", line=4, method="A.build_b"), "infra.py:4 (A.build_b)"),
        (SourceLine(file="", line=0, method="A.build_b"), "(A.build_b)"),
        (SourceLine(file="", line=0), ""),
    ],
)
def test_a_source_reads_as_file_line_and_method(source: SourceLine, text: str) -> None:
    assert str(source) == text


def test_the_line_of_the_caller_names_no_path_of_the_machine() -> None:
    found = line_of_caller()
    assert Path(__file__).is_absolute()
    assert not Path(found.file).is_absolute()
    assert found.file.endswith("test_source_line.py")
    assert found.method == "test_the_line_of_the_caller_names_no_path_of_the_machine"


def test_a_function_is_found_where_it_begins() -> None:
    found = line_of_function(Plain.build)
    assert found.method == "Plain.build"
    assert found.line == Plain.build.__code__.co_firstlineno


def test_of_a_shipped_function_only_the_name_is_told() -> None:
    assert line_of_function(App.add) == SourceLine(file="", line=0, method="App.add")


@pytest.mark.parametrize("module", ["cdinfra.stacks.network", "troposphere.ec2", "cdinfra"])
def test_modules_of_ours_and_of_the_libraries_are_shipped(module: str) -> None:
    assert is_shipped(module)


@pytest.mark.parametrize("module", ["cdinfra_app_file", "__main__", "team.cdinfra", ""])
def test_everything_else_is_a_persons_code(module: str) -> None:
    assert not is_shipped(module)


def test_a_template_without_sources_comes_from_the_line_that_adds_its_stack() -> None:
    app = App("shop", env="dev", owner="team")
    here = line_of_caller()
    app.add(Plain())
    (template,) = app.build()
    assert template.sources["Topic"] == SourceLine(file=here.file, line=here.line + 1)
    assert template.sources["Arn"] == SourceLine(file="plain.yaml", line=7)


def test_templates_that_differ_only_in_their_lines_are_equal() -> None:
    one, other = (
        StackTemplate(
            name="a", stack_name="a", document={}, sources={"A": SourceLine(file="a", line=n)}
        )
        for n in (1, 2)
    )
    assert one == other
