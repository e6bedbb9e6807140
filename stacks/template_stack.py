"""A template that exists already, JSON or YAML, as a stack of an app."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cdinfra.errors import InvalidInputError, Problem, nearest
from cdinfra.model import (
    BuildContext,
    Literal,
    OutputReference,
    ParameterSource,
    StackTemplate,
    check_name,
)
from cdinfra.model.template_text import Document, TemplateError, load_body
from cdinfra.stacks.builder import limit_problems
from cdinfra.stacks.validation import raise_problems


@dataclass(kw_only=True, eq=False)
class TemplateStack:
    """A stack whose template is a text, written by hand or by another tool.

    It stands among the stack classes as one of them: its parameters take other stacks'
    outputs, its outputs feed others, and it carries the app's tags.

    Args:
        name: Name within the app.
        template: The template's text, JSON or YAML with CloudFormation's short tags. It
            is sent as JSON; comments are lost.
        parameters: A value for each parameter that has no default, and for those whose
            default shall not be used: a string, or where it comes from.
        after: Further stacks of the app that must be finished first.

    Raises:
        InvalidInputError: The text is no template, or a parameter is not declared, or has
            neither a value nor a default.
    """

    foundational: ClassVar[bool] = False

    name: str = field(kw_only=False)
    template: str
    parameters: Mapping[str, str | ParameterSource] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Read the template and check everything."""
        check_name("stack", self.name)
        self._document = _parsed(self._path, self.template)
        self._sources = {
            key: Literal(value=value) if isinstance(value, str) else value
            for key, value in self.parameters.items()
        }
        raise_problems(self._parameter_problems())

    @property
    def _path(self) -> str:
        return f"stacks/{self.name}"

    def output(self, key: str, parameter_type: str = "String") -> OutputReference:
        """Refer to one of the template's outputs, for use in another stack.

        Raises:
            InvalidInputError: The template has no such output.
        """
        outputs: Mapping[str, Any] = self._document.get("Outputs", {})
        if key not in outputs:
            message, hint = "is no output of the template", nearest(key, outputs)
            raise InvalidInputError(
                Problem(path=f"{self._path}/outputs/{key}", message=message, hint=hint)
            )
        return OutputReference(stack=self.name, output=key, parameter_type=parameter_type)

    def build(self, context: BuildContext) -> StackTemplate:
        """Return the template with its parameters.

        Raises:
            InvalidInputError: The template is beyond one of CloudFormation's limits.
        """
        references = (
            each.stack for each in self._sources.values() if isinstance(each, OutputReference)
        )
        template = StackTemplate(
            name=self.name,
            stack_name=context.stack_name(self.name),
            document=self._document,
            parameters=self._sources,
            dependencies=tuple(dict.fromkeys((*references, *self.after))),
            tags=context.all_tags(),
        )
        raise_problems(limit_problems(template))
        return template

    def _parameter_problems(self) -> Iterator[Problem]:
        declared: Mapping[str, Any] = self._document.get("Parameters", {})
        given: Mapping[str, object] = self._sources
        for key, source in given.items():
            path = f"{self._path}/parameters/{key}"
            if key not in declared:
                hint = nearest(key, declared)
                yield Problem(path=path, message="is no parameter of the template", hint=hint)
            elif not isinstance(source, ParameterSource):
                message = f"{source!r} is neither a string nor a source of values"
                yield Problem(path=path, message=message, hint='for example "4" or network.vpc_id')
        for key, definition in declared.items():
            if key not in self._sources and "Default" not in definition:
                yield Problem(
                    path=f"{self._path}/parameters/{key}", message="has no value and no default"
                )


def _parsed(path: str, text: object) -> Document:
    if not isinstance(text, str):
        message = f"{type(text).__name__} is not the text of a template"
        hint = 'for example template=Path(__file__).with_name("alerts.yaml").read_text()'
        raise InvalidInputError(Problem(path=f"{path}/template", message=message, hint=hint))
    try:
        document = load_body(text)
    except TemplateError as error:
        raise InvalidInputError(Problem(path=f"{path}/template", message=error.message)) from error
    raise_problems(_section_problems(path, document))
    return document


def _section_problems(path: str, document: Document) -> Iterator[Problem]:
    if not document.get("Resources"):
        yield Problem(path=f"{path}/template", message="has no Resources")
    for section in ("Parameters", "Resources", "Outputs"):
        entries = document.get(section, {})
        if not isinstance(entries, dict):
            yield Problem(path=f"{path}/template/{section}", message="is no mapping")
            continue
        for key, entry in entries.items():
            if not isinstance(entry, dict):
                where = f"{path}/template/{section}/{key}"
                yield Problem(path=where, message="is no mapping")
