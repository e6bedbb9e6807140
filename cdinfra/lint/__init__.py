"""Finds in templates what would fail, leak or hurt later, before any cloud is asked.

::

    App, templates, files --> cfn-lint, in this process
                          --> rules: the project's own and a team's
                          --> the schema of cloud-init, where the program is installed
                          --> exceptions stated in the templates
                          --> Report

:func:`lint_app` is what a pipeline calls; ``cdinfra publish`` does. A rule is a frozen record
with a pure function, see :class:`Rule`, and a team adds its own with ``app.lint_with(…)``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from cdinfra.lint.finding import AllowedFinding, Finding, RuleFacts, Severity
from cdinfra.lint.report import Report
from cdinfra.lint.rule import Hit, Rule
from cdinfra.lint.template import Resource, Template

if TYPE_CHECKING:
    from cdinfra.lint.run import lint_app, lint_files, lint_templates
    from cdinfra.lint.settings import SHIPPED, Settings

__all__ = [
    "SHIPPED",
    "AllowedFinding",
    "Finding",
    "Hit",
    "Report",
    "Resource",
    "Rule",
    "RuleFacts",
    "Settings",
    "Severity",
    "Template",
    "lint_app",
    "lint_files",
    "lint_templates",
]

_PLACES = {
    "SHIPPED": "cdinfra.lint.settings",
    "Settings": "cdinfra.lint.settings",
    "lint_app": "cdinfra.lint.run",
    "lint_files": "cdinfra.lint.run",
    "lint_templates": "cdinfra.lint.run",
}


def __getattr__(name: str) -> object:
    """Import what runs when it is asked for: an ``infra.py`` that has rules need not pay for it."""
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
