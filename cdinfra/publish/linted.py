"""What is published has passed lint: others bring it up without ever seeing the code."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cdinfra.errors import FindingsError
from cdinfra.lint import Finding, Report, Severity
from cdinfra.model import App

if TYPE_CHECKING:
    from cdinfra.lint import Settings


def check_publishable(app: App, settings: "Settings | None" = None) -> Report:
    """Lint an app and return the report, if nothing in it keeps the app from being published.

    There is no way around it but exceptions that the templates state, with their reasons.

    Args:
        app: The app.
        settings: How it is linted.

    Raises:
        FindingsError: There are errors; names each of them.
    """
    from cdinfra.lint import lint_app  # noqa: PLC0415 - slow to import, and not always needed

    report = lint_app(app, settings)
    if report.has_errors:
        message = "\n".join(("lint finds errors, so that nothing is published:", *_lines(report)))
        raise FindingsError(message, hint="cdinfra lint says why each of them is one")
    return report


def _lines(report: Report) -> Iterator[str]:
    return (_line(each) for each in report.findings if each.severity is Severity.ERROR)


def _line(finding: Finding) -> str:
    words = (finding.template, finding.rule, finding.logical_id, finding.message)
    place = finding.place
    where = f"({place.file}:{place.line})" if place and place.file else ""
    return " ".join(filter(None, (*words, where)))
