"""A template as rules look at it: plain values, its resources, and the lines they come from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cdinfra.lint.finding import Path
from cdinfra.lint.rule import Hit
from cdinfra.model import SourceLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of a template.

    Attributes:
        logical_id: Its name in the template.
        type: For example ``AWS::S3::Bucket``.
        definition: All of it: ``Type``, ``Properties``, ``DeletionPolicy``, …
    """

    logical_id: str
    type: str
    definition: Mapping[str, Any]

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its properties; empty where it has none."""
        found = self.definition.get("Properties")
        return found if isinstance(found, dict) else {}

    def hit(self, message: str, *path: str | int) -> Hit:
        """Return what a rule found in the resource.

        Args:
            message: What is wrong, as the end of a sentence that starts with the resource.
            path: Where below the resource, for example ``"Properties", "Tags", 0``.
        """
        return Hit(message=message, path=("Resources", self.logical_id, *path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template.

    Attributes:
        name: Name of the stack within the app, or the file as it was given.
        document: The template as plain values.
        tags: Tags of the stack, which CloudFormation puts on its resources too.
        sources: The line of ``infra.py`` that made each resource, parameter and output.
        nodes: A file's document as cfn-lint read it, whose values know their lines; None for a
            stack of an app.
    """

    name: str
    document: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, SourceLine] = field(default_factory=dict)
    nodes: Any = None

    def resources(self, *types: str) -> Iterator[Resource]:
        """Yield the resources, or those of some types."""
        for logical_id, definition in self.section("Resources").items():
            if isinstance(definition, dict) and isinstance(definition.get("Type"), str):
                kind = definition["Type"]
                if not types or kind in types:
                    yield Resource(logical_id=logical_id, type=kind, definition=definition)

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a section, for example ``Parameters``; empty where there is none."""
        found = self.document.get(name)
        return found if isinstance(found, dict) else {}

    def place(self, path: Path) -> SourceLine | None:
        """Return the line that a path comes from, as near as is known."""
        if self.nodes is not None:
            return SourceLine(file=self.name, line=_line(self.nodes, path))
        return self.sources.get(logical_id_of(path))


def logical_id_of(path: Path) -> str:
    """Return the resource, parameter or output that a path leads into; empty for none."""
    section, *rest = path or ("",)
    named = section in ("Outputs", "Parameters", "Resources", "Conditions", "Mappings", "Rules")
    return str(rest[0]) if named and rest else ""


def _line(nodes: Any, path: Path) -> int:  # noqa: ANN401 - cfn-lint's nodes
    """Return the line of the innermost value, or key, on a path that has one."""
    node, line = nodes, 1
    for step in path:
        try:
            keys = {str(key): key for key in node} if isinstance(node, dict) else {}
            marked = keys.get(str(step), node[step])
            node = node[step]
        except (KeyError, IndexError, TypeError):
            break
        mark = getattr(marked, "start_mark", None) or getattr(node, "start_mark", None)
        line = mark.line + 1 if mark is not None else line
    return line
