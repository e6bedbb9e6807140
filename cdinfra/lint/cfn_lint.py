"""cfn-lint in this process: once it has started, a template takes a fraction of a second.

Starting takes nearly two seconds, all of them imports and rules; that is why everything
that is linted goes through one process, and why nothing of it is imported before it is needed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.lint.finding import Finding, Path, RuleFacts, Severity
from cdinfra.lint.template import Template, logical_id_of
from cdinfra.model import SourceLine

_SEVERITIES: Final = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "informational": Severity.INFO,
}

DEFAULT_REGION: Final = "us-east-1"
"""Region where none is named: the one that has every resource type."""

NO_MAPPING: Final = RuleFacts(
    id="E0000",
    severity=Severity.ERROR,
    title="The file is no template.",
    reason="CloudFormation reads a mapping with Resources.",
    source="CloudFormation user guide, Template anatomy",
)
"""What cfn-lint itself says with this id, for a text that it cannot even begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A template's text as cfn-lint read it.

    Attributes:
        nodes: The document, whose values know their lines; None where it is none.
        found: Why it is none, each with its rule.
    """

    nodes: Any
    found: tuple[tuple[Finding, RuleFacts], ...] = ()


def decode_template(name: str, text: str) -> Decoded:
    """Read a template's text, JSON or YAML.

    Args:
        name: What findings call it.
        text: The text.
    """
    from cfnlint.decode import decode_str  # noqa: PLC0415 - slow to import

    nodes, matches = decode_str(text)
    if matches:
        places = [SourceLine(file=name, line=match.linenumber) for match in matches]
        found = (_finding(match, name, (), place) for match, place in zip(matches, places))  # noqa: B905 - made of one another
        return Decoded(nodes=None, found=tuple(dict.fromkeys(found)))
    if not isinstance(nodes, dict):
        return Decoded(nodes=None, found=((_no_mapping(name), NO_MAPPING),))
    return Decoded(nodes=nodes)


def check_template(
    template: Template, *, regions: Sequence[str], include_info: bool
) -> tuple[tuple[Finding, RuleFacts], ...]:
    """Return what cfn-lint finds in a template, each with its rule.

    A ``.cfnlintrc`` of the current folder is obeyed, and so is ``cfn-lint`` in a template's
    ``Metadata``.

    Raises:
        InvalidInputError: There is no such region, or ``.cfnlintrc`` is wrong.
    """
    from cfnlint.config import ConfigMixIn  # noqa: PLC0415 - slow to import
    from cfnlint.decode import decode_str  # noqa: PLC0415
    from cfnlint.exceptions import CfnLintExitException, ConfigFileError  # noqa: PLC0415
    from cfnlint.runner import run_template_by_data  # noqa: PLC0415

    nodes = template.nodes
    if nodes is None:
        nodes, _ = decode_str(json.dumps(template.document))
    levels = ["I"] if include_info else []
    try:
        config = ConfigMixIn(regions=list(regions) or [DEFAULT_REGION], include_checks=levels)
        matches = list(run_template_by_data(nodes, config, _rules()))
    except (CfnLintExitException, ConfigFileError) as error:
        raise InvalidInputError(Problem(path="cfn-lint", message=str(error))) from error
    paths = [tuple(match.path or ()) for match in matches]
    found = [
        _finding(match, template.name, path, template.place(path))
        for match, path in zip(matches, paths, strict=True)
    ]
    return tuple(found)


@cache
def _rules() -> Any:  # noqa: ANN401 - cfn-lint's collection
    from cfnlint.core import get_rules  # noqa: PLC0415 - slow to import

    return get_rules([], [], ["I", "W", "E"])


def _finding(
    match: Any,  # noqa: ANN401 - cfn-lint's match
    name: str,
    path: Path,
    place: SourceLine | None,
) -> tuple[Finding, RuleFacts]:
    rule = match.rule
    severity = _SEVERITIES.get(rule.severity, Severity.ERROR)
    facts = RuleFacts(
        id=rule.id,
        severity=severity,
        title=rule.shortdesc,
        reason=rule.description,
        source=rule.source_url,
    )
    finding = Finding(
        rule=rule.id,
        severity=severity,
        message=" ".join(str(match.message).split()),
        template=name,
        logical_id=logical_id_of(path),
        path=path,
        place=place,
    )
    return finding, facts


def _no_mapping(name: str) -> Finding:
    return Finding(
        rule=NO_MAPPING.id,
        severity=NO_MAPPING.severity,
        message="is no template: a mapping with Resources",
        template=name,
        logical_id="",
        path=(),
        place=SourceLine(file=name, line=1),
    )
