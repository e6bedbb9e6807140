"""Tokens, by which an operation is known: one's own, and whose another is."""

from collections.abc import Sequence
from uuid import uuid4

from cdinfra.aws.stacks import StackEvent

OURS = "cdinfra-"
"""How the tokens begin of the operations that cdinfra starts, whoever runs it."""


def new_token() -> str:
    """Return a token for an operation or a change set: letters, digits and hyphens, 40 of them.

    CloudFormation takes at most 128.
    Source: CloudFormation API reference, ExecuteChangeSet, ClientRequestToken.
    """
    return f"{OURS}{uuid4().hex}"


def describe_start(events: Sequence[StackEvent]) -> str:
    """Say since when an operation is under way, and who started it.

    Args:
        events: Those of the operation, oldest first.
    """
    if not events:
        return "nobody knows since when"
    token = events[-1].token
    began = f"since {events[0].timestamp:%Y-%m-%d %H:%M:%S}Z"
    if token.startswith(OURS):
        return f"{began}, by cdinfra"
    return f"{began}, by somebody else{f' ({token})' if token else ''}"
