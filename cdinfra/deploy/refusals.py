"""What a plan refuses, all of it at once and before anything is done."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from cdinfra.aws.stacks import StackDescription
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.errors import InvalidInputError, Problem, StackFailedError, nearest


def refuse_unknown(names: Iterable[str], known: AbstractSet[str]) -> None:
    """Refuse names of stacks that are neither wanted nor deployed.

    Raises:
        InvalidInputError: There are such names.
    """
    problems = [
        Problem(path=name, message="is no stack of this app", hint=nearest(name, known))
        for name in names
        if name not in known
    ]
    if problems:
        raise InvalidInputError(problems)


def refuse_unusable(
    kept: Iterable[StackDescription], *, removed: Iterable[StackDescription]
) -> None:
    """Refuse stacks whose status or termination protection forbids what is planned.

    Args:
        kept: Stacks that will be created or updated.
        removed: Stacks that will be deleted.

    Raises:
        StackFailedError: There are such stacks; names each, and what to do.
    """
    stuck = [each for each in kept if RULES[each.status].up is Move.REFUSE]
    gone = tuple(removed)
    stuck_deletions = [each for each in gone if RULES[each.status].down is Move.REFUSE]
    reasons = [f"{each.name} is {each.status}: {RULES[each.status].why}" for each in stuck]
    reasons += [f"{each.name} is {each.status}" for each in stuck_deletions]
    reasons += [f"{each.name} has termination protection" for each in gone if each.protected]
    if reasons:
        hints = dict.fromkeys(RULES[each.status].hint for each in (*stuck, *stuck_deletions))
        fallback = "switch the termination protection off first"
        raise StackFailedError("\n".join(reasons), hint="; ".join(hints) or fallback)
