"""Adds to what happens in the cloud the line of ``infra.py`` that is behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cdinfra.deploy.first_cause import CANCELLED_TEXTS
from cdinfra.deploy.result import StackResult
from cdinfra.events import Event, OnEvent, ResourceChanged, StackFinished
from cdinfra.model import SourceLine, StackTemplate


class Sources:
    """Where everything in an app's templates comes from.

    Attributes:
        by_stack: The lines by stack, then by logical id.
    """

    def __init__(self, templates: Iterable[StackTemplate]) -> None:
        self.by_stack: Mapping[str, Mapping[str, SourceLine]] = {
            each.name: each.sources for each in templates
        }

    def told(self, on_event: OnEvent) -> OnEvent:
        """Return what tells ``on_event`` everything, and of what failed the line as well."""

        def tell(event: Event) -> None:
            match event:
                case ResourceChanged() if _is_cause(event):
                    on_event(replace(event, source=self._line(event.stack, event.logical_id)))
                case StackFinished():
                    on_event(replace(event, source=self._line(event.stack, event.resource)))
                case _:
                    on_event(event)

        return tell

    def named(self, result: StackResult) -> StackResult:
        """Return a result that names the line of the resource which failed."""
        return replace(result, source=self._line(result.stack, result.resource))

    def _line(self, stack: str, logical_id: str) -> str:
        return str(self.by_stack.get(stack, {}).get(logical_id, ""))


def _is_cause(event: ResourceChanged) -> bool:
    return event.status.endswith("_FAILED") and not event.reason.startswith(CANCELLED_TEXTS)
