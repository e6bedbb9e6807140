"""Loads a team's own rules of lint from a Python file, as ``infra.py`` is loaded."""

from pathlib import Path

from cdinfra.deploy.load import running
from cdinfra.errors import InvalidInputError, Problem, did_you_mean
from cdinfra.lint.rule import Rule, checked_rules

NAME = "RULES"
"""What a file of rules defines."""


def load_rules(path: Path) -> tuple[Rule, ...]:
    """Run a file and return its rules.

    Args:
        path: A Python file that defines ``RULES``, a tuple of ``cdinfra.lint.Rule``.

    Raises:
        InvalidInputError: There is no such file, it is broken, or what it defines are no rules.
    """
    with running(path) as module:
        rules = getattr(module, NAME, None)
        if not isinstance(rules, tuple | list):
            hint = did_you_mean(NAME, vars(module)) or f"write: {NAME} = (Rule(…),)"
            problem = Problem(path=str(path), message=f"defines no tuple {NAME}", hint=hint)
            raise InvalidInputError(problem)
        return checked_rules(str(path), rules)
