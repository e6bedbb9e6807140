"""A security group's rule keeps and shows its description, whatever kind its peer is."""

from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule

Rule = Any
"""moto's rule of a security group."""

_init = SecurityGroupRule.__init__


def install() -> None:
    """Replace moto's making of a rule, and its description, by those below."""
    SecurityGroupRule.__init__ = init
    SecurityGroupRule.description = property(description)


def init(self: Rule, *given: Any, **options: Any) -> None:  # noqa: ANN401 - passed on
    """Make the rule; moto forgets the description of a prefix list."""
    _init(self, *given, **options)
    # self aside: backend, protocol, group, two ports, addresses, group pair, prefix list.
    prefix_list = options.get("prefix_list_id") or (given[7:8] or (None,))[0]
    self.prefix_list_description = (prefix_list or {}).get("Description")


def description(rule: Rule) -> str | None:
    """Return the description, which moto keeps beside the peer."""
    found: str | None = (
        rule.ip_range.get("Description")
        or rule.source_group.get("Description")
        or getattr(rule, "prefix_list_description", None)
    )
    return found
