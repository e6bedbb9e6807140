"""What a plan refuses, all of it at once and before anything is done."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from cdinfra.aws.hosts import APP_TAG, ENV_TAG
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackDescription
from cdinfra.deploy.observe import Observed, ObservedStack
from cdinfra.deploy.repairs import blocked_lines, way_out
from cdinfra.deploy.statuses import RULES, Move
from cdinfra.errors import InvalidInputError, Problem, StackFailedError, nearest

UNPROTECT = (
    "aws cloudformation update-termination-protection --no-enable-termination-protection "
    "--stack-name {stack_name}"
)
"""Switches the protection off of a stack that infra.py has no more."""


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


def is_ours(description: StackDescription) -> bool:
    """Whether cdinfra made a stack; one in review holds nothing, and need not have tags yet."""
    return APP_TAG in description.tags or description.status is StackStatus.REVIEW_IN_PROGRESS


def refuse_foreign(
    observed: Observed, stacks: Iterable[ObservedStack], *, deletes: bool = False
) -> None:
    """Refuse stacks that have a name of the app's, and belong to somebody else.

    Names are joined by hyphens, so that two apps can come to the same one: the stack
    ``a-b`` of ``dev`` has the name of the stack ``b`` of ``dev-a``.

    Args:
        observed: What exists of the app.
        stacks: The stacks that will be worked on.
        deletes: They will be deleted. What was made without cdinfra can be taken over
            by ``up``, but is not deleted unseen.

    Raises:
        InvalidInputError: There are such stacks.
    """
    problems = []
    for each in stacks:
        path, name, tags = f"stacks/{each.stack}", each.description.name, each.description.tags
        if not is_ours(each.description):
            if deletes:
                message, hint = f"{name} was not made by cdinfra", "take it over first: cdinfra up"
                problems.append(Problem(path=path, message=message, hint=hint))
        elif APP_TAG in tags and (tags[APP_TAG], tags.get(ENV_TAG)) != (observed.app, observed.env):
            message = f"{name} is a stack of the app {tags[APP_TAG]!r} in {tags.get(ENV_TAG)!r}"
            hint = "rename the stack, the app or the environment"
            problems.append(Problem(path=path, message=message, hint=hint))
    if problems:
        raise InvalidInputError(problems)


def refuse_unusable(
    kept: Iterable[ObservedStack],
    *,
    removed: Iterable[ObservedStack],
    wanted: AbstractSet[str] = frozenset(),
) -> None:
    """Refuse stacks whose status or termination protection forbids what is planned.

    Args:
        kept: Stacks that will be created or updated.
        removed: Stacks that will be deleted.
        wanted: Names of the stacks that ``infra.py`` has.

    Raises:
        StackFailedError: There are such stacks; names each, what blocks it, and what to do.
    """
    gone = tuple(removed)
    stuck = [each for each in kept if RULES[each.description.status].up is Move.REFUSE]
    stuck += [each for each in gone if RULES[each.description.status].down is Move.REFUSE]
    protected = [each for each in gone if each.description.protected]
    reasons = [line for each in stuck for line in _stuck_lines(each)]
    reasons += [f"{each.description.name} has termination protection" for each in protected]
    if reasons:
        hints = dict.fromkeys(map(way_out, stuck))
        hints |= dict.fromkeys(_unprotect(each, wanted) for each in protected)
        raise StackFailedError("\n".join(reasons), hint="; ".join(hints))


def _stuck_lines(stack: ObservedStack) -> Iterator[str]:
    description = stack.description
    yield f"{description.name} is {description.status}: {RULES[description.status].why}"
    yield from (f"  {line}" for line in blocked_lines(stack))


def _unprotect(stack: ObservedStack, wanted: AbstractSet[str]) -> str:
    name = stack.stack
    if name in wanted:
        return f"set termination_protection=False for {name!r}, then: cdinfra up {name}"
    return f"put it back into infra.py, or: {UNPROTECT.format(stack_name=stack.description.name)}"
