"""Which colour says what. Every colour only underlines a word or a mark that stands there too."""

import click

from cdinfra.aws.drift import Drift
from cdinfra.deploy.plan import Verb
from cdinfra.events import Outcome

MARKS = {
    Verb.CREATE: "+",
    Verb.UPDATE: "~",
    Verb.IMPORT: ">",
    Verb.DELETE: "-",
    Verb.UNCHANGED: "=",
}

_VERB_COLOURS = {
    Verb.CREATE: "green",
    Verb.UPDATE: "yellow",
    Verb.IMPORT: "cyan",
    Verb.DELETE: "red",
}
_OUTCOME_COLOURS = {
    Outcome.CREATED: "green",
    Outcome.UPDATED: "green",
    Outcome.DELETED: "green",
    Outcome.ROLLED_BACK: "green",
    Outcome.CANCELLED: "yellow",
    Outcome.IMPORTED: "green",
    Outcome.FAILED: "red",
    Outcome.SKIPPED: "yellow",
}


def verb_text(verb: Verb, text: str) -> str:
    """Return text in the colour of what is done."""
    return click.style(text, fg=_VERB_COLOURS.get(verb))


def outcome_text(outcome: Outcome, text: str) -> str:
    """Return text in the colour of how it ended."""
    return click.style(text, fg=outcome_colour(outcome) or None)


def outcome_colour(outcome: Outcome) -> str:
    """Return the colour of how something ended; empty for none."""
    return _OUTCOME_COLOURS.get(outcome, "")


def status_text(status: str) -> str:
    """Return a CloudFormation status in the colour of what it means."""
    return click.style(status, fg=status_colour(status) or None)


def status_colour(status: str) -> str:
    """Return the colour of a CloudFormation status; empty for none.

    >>> status_colour("UPDATE_ROLLBACK_COMPLETE")
    'red'
    """
    if "FAILED" in status or "ROLLBACK" in status:
        return "red"
    if status.endswith("_COMPLETE"):
        return "green"
    return ""


def drift_text(drift: Drift) -> str:
    """Return what was found of a stack in the colour of what it means."""
    colours = {Drift.IN_SYNC: "green", Drift.DRIFTED: "red"}
    return click.style(drift, fg=colours.get(drift))


def loud(text: str) -> str:
    """Return text that nobody shall overlook."""
    return click.style(text, fg="red", bold=True)


def strong(text: str) -> str:
    """Return text that stands out: a name, a heading."""
    return click.style(text, bold=True)


def faint(text: str) -> str:
    """Return text that steps back: a type, an id."""
    return click.style(text, dim=True) if text else ""
