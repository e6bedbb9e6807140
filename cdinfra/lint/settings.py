"""What a run of lint can be told."""

import re
from dataclasses import dataclass, field

from cdinfra.errors import InvalidInputError, Problem, did_you_mean
from cdinfra.lint.cloud_init import SCHEMA_RULE, CloudInit, find_cloud_init
from cdinfra.lint.finding import RuleFacts
from cdinfra.lint.rule import RESERVED, Rule, checked_rules
from cdinfra.lint.rules import RULES
from cdinfra.lint.rules.exceptions import BROKEN_EXCEPTION, STALE_EXCEPTION

SHIPPED: tuple[RuleFacts, ...] = tuple(
    sorted((*RULES, SCHEMA_RULE, BROKEN_EXCEPTION, STALE_EXCEPTION), key=lambda rule: rule.id)
)
"""Every rule of the project, those that need more than one template's values included."""

LISTED = "cdinfra lint --rules lists them"

_CFN_LINT_ID = re.compile(r"[EWI][0-9]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How templates are linted.

    Attributes:
        rules: A team's own rules, besides the shipped ones.
        regions: Regions that the templates must be valid in; none means us-east-1.
        ignored: Ids of rules that do not count, of cdinfra or of cfn-lint.
        include_info: Whether what is merely worth knowing is told.
        cloud_init: cloud-init's own check; None where it is not to be had.
    """

    rules: tuple[Rule, ...] = ()
    regions: tuple[str, ...] = ()
    ignored: frozenset[str] = frozenset()
    include_info: bool = False
    cloud_init: CloudInit | None = field(default_factory=find_cloud_init)

    def __post_init__(self) -> None:
        """Check the rules and the ids.

        Raises:
            InvalidInputError: A rule is none, or an id to ignore is unknown.
        """
        checked_rules("lint rules", self.rules)
        known = {rule.id for rule in (*SHIPPED, *self.rules)}
        problems = [
            Problem(
                path=f"ignore/{each}",
                message="is no rule",
                hint=did_you_mean(each, known) or LISTED,
            )
            for each in sorted(self.ignored - known)
            if not _CFN_LINT_ID.fullmatch(each)
        ]
        if problems:
            raise InvalidInputError(problems)

    @property
    def every_rule(self) -> tuple[Rule, ...]:
        """The shipped rules and the team's."""
        return (*RULES, *self.rules)

    def runs(self, rule: str) -> bool:
        """Whether a rule is run and counts, so that what it does not find is not there."""
        if rule in self.ignored:
            return False
        if rule == SCHEMA_RULE.id:
            return self.cloud_init is not None
        if _CFN_LINT_ID.fullmatch(rule):
            return self.include_info or not rule.startswith("I")
        return any(each.id == rule for each in self.every_rule)

    def is_mistaken(self, rule: str) -> bool:
        """Whether a rule has the form of a shipped one and is none."""
        shipped = rule.startswith(RESERVED) and rule[len(RESERVED) :].isdigit()
        return shipped and rule not in {each.id for each in SHIPPED}
