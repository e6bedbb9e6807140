"""What lint finds, as frozen values that every format is written from."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from cdinfra.model import SourceLine

Path: TypeAlias = tuple[str | int, ...]
"""Where something stands in a template: ``("Resources", "Web", "Properties", "Tags", 0)``."""


class Severity(StrEnum):
    """How much a finding weighs.

    An error fails the run. A warning fails it with ``--strict``. An info is shown on request.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """What people read about a rule.

    Attributes:
        id: Short and lasting, for example ``CD101``.
        severity: What its findings weigh.
        title: One sentence that says what is wrong where it finds something.
        reason: Why that is wrong.
        source: Where that is written: an address, or the title of a page.
    """

    id: str
    severity: Severity
    title: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a rule found.

    Attributes:
        rule: Id of the rule.
        severity: What it weighs.
        message: What is wrong, here; never a secret itself.
        template: Name of the stack, or the file as it was given.
        logical_id: The resource, parameter or output; empty where it is none's.
        path: Where in the template.
        place: The line of ``infra.py`` or of the template's file; None where unknown.
    """

    rule: str
    severity: Severity
    message: str
    template: str
    logical_id: str
    path: Path
    place: SourceLine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedFinding:
    """A finding that the template itself allows.

    Attributes:
        finding: What was found.
        reason: Why it is allowed, as the template says.
    """

    finding: Finding
    reason: str
