"""The causes of failures that are known, in the order in which they are tried: one table; pure."""

from collections.abc import Mapping

from cdinfra.deploy.causes_of_failed_resources import RESOURCE_CAUSES
from cdinfra.deploy.causes_of_refusals import REFUSAL_CAUSES
from cdinfra.deploy.known_cause import KnownCause

KNOWN_CAUSES = (*REFUSAL_CAUSES, *RESOURCE_CAUSES)
"""The first row that a reason fits counts: the special ones stand before the general.

Source: CloudFormation CLI user guide, "Resource type handler error codes"; CloudFormation user
guide, "Troubleshooting CloudFormation". The services do not document their texts; the tests
have one of each as people have got it, and say where.
"""


_UNNAMED = {"who": "whoever deploys"}
"""What a hint says for a value that the reason does not name."""


def find_cause(reason: str) -> tuple[KnownCause, Mapping[str, str]] | None:
    """Return the row that a reason fits, and the values found in it; None where none does."""
    for row in KNOWN_CAUSES:
        if (found := row.find(reason)) is not None:
            return row, {**_UNNAMED, **found}
    return None
