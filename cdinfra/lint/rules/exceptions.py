"""The rules about exceptions themselves; the runner finds them, since it sees every finding."""

from typing import Final

from cdinfra.lint.finding import RuleFacts, Severity

STALE_EXCEPTION: Final = RuleFacts(
    id="CD901",
    severity=Severity.WARNING,
    title="An exception allows nothing.",
    reason="What it allowed is gone, and it would silently allow the next one.",
    source="docs/lint.md, Exceptions",
)

BROKEN_EXCEPTION: Final = RuleFacts(
    id="CD902",
    severity=Severity.ERROR,
    title="An exception has no reason, or names no rule.",
    reason="Whoever reads it later must be able to judge whether it still holds.",
    source="docs/lint.md, Exceptions",
)
