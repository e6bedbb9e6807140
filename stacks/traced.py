"""Remembers which line of a person's code made what in a template that is being built."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from troposphere import Template

from cdinfra.model import SourceLine
from cdinfra.model.source_line import line_of_caller, line_of_function
from cdinfra.stacks.made_by import made_by

_ON_THE_WAY = frozenset({"cdinfra.stacks.builder", __name__})
_STACK = "cdinfra.stacks.stack"


class Traced:
    """What is known of the origin of a template's resources, parameters and outputs.

    Args:
        template: The template; whoever builds it goes on to change it.
    """

    def __init__(self, template: Template) -> None:
        self._template = template
        self._known: dict[int, tuple[Any, SourceLine]] = {}

    def made(self, item: Any) -> None:  # noqa: ANN401 - a resource, parameter or output
        """Remember the line that is adding ``item`` just now, or the method that built it."""
        self._known[id(item)] = (item, _origin(item))

    def rest_made_by(self, hook: Callable[..., None]) -> None:
        """Remember a hook for everything in the template that is not known yet."""
        line = line_of_function(hook)
        for section in self._sections():
            for item in section.values():
                self._known.setdefault(id(item), (item, line))

    def sources(self) -> dict[str, SourceLine]:
        """Return the origin of everything that is in the template now, by logical id."""
        return {
            logical_id: self._known[id(item)][1]
            for section in self._sections()
            for logical_id, item in section.items()
            if id(item) in self._known
        }

    def _sections(self) -> tuple[dict[str, Any], ...]:
        # What comes last counts where an output is called like a resource.
        return self._template.outputs, self._template.parameters, self._template.resources


def _origin(item: Any) -> SourceLine:  # noqa: ANN401 - see made
    line = line_of_caller(within=_ON_THE_WAY, outside=_STACK)
    if (method := made_by(item)) is None:
        return line
    noted = line_of_function(method)
    return noted if noted.file else replace(line, method=noted.method)
