"""Templates that are too large to send: refused before anything is done, where no bucket is."""

from collections.abc import Collection, Mapping

from cdinfra.deploy.observe import Observed
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.deploy.template_body import INLINE_LIMIT, STORED_LIMIT
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import HOME, Place

BUCKET_OUTPUT = "BucketName"
"""Output of a foundational stack that names the app's bucket."""


def refuse_large(plan: Plan, observed: Observed, foundations: Mapping[str, Place]) -> None:
    """Refuse templates that CloudFormation could not get.

    Args:
        plan: What will be done.
        observed: What exists.
        foundations: The foundational stacks, each with its place; one has the place's bucket.

    Raises:
        InvalidInputError: A template is too large, or too large to send and there is no bucket.
    """
    changed = [each for each in plan.actions if each.verb in {Verb.CREATE, Verb.UPDATE}]
    coming = {each.stack for each in changed}
    problems = []
    for each in changed:
        near = bucket_stacks(foundations, each.place)
        has_bucket = any(name in coming or BUCKET_OUTPUT in observed.outputs(name) for name in near)
        if problem := size_problem(each, near, has_bucket=has_bucket):
            problems.append(problem)
    if problems:
        raise InvalidInputError(problems)


def bucket_stacks(foundations: Mapping[str, Place], place: Place) -> tuple[str, ...]:
    """Return the foundational stacks of a place; one has the bucket for its templates.

    CloudFormation reads a template with the caller's rights in the stack's own place.

    Args:
        foundations: The foundational stacks, each with its place.
        place: Where the stack of the template is.
    """
    return tuple(name for name, where in foundations.items() if where == place)


def size_problem(
    action: StackAction, foundations: Collection[str], *, has_bucket: bool
) -> Problem | None:
    """Return what is wrong with the size of a template; None where nothing is.

    Args:
        action: What is done with its stack.
        foundations: Names of the stacks of the same place of which one has the bucket.
        has_bucket: Whether there is a bucket to put it into.
    """
    size = len(action.body.encode())
    path, text = f"stacks/{action.stack}", f"the template has {size:,} bytes"
    if size > STORED_LIMIT:
        message = f"{text}; CloudFormation takes at most {STORED_LIMIT:,}"
        return Problem(path=path, message=message, hint="split the stack")
    if size <= INLINE_LIMIT or has_bucket:
        return None
    message = f"{text}; above {INLINE_LIMIT:,} it has to lie in the app's bucket"
    bring = f"bring its bucket up first: cdinfra up {' '.join(foundations)}"
    add = "add Foundation() to the app"
    if action.place != HOME:
        message += " in the same region and account"
        add = "add a Foundation of another name there, with the same place=…"
    hint = bring if foundations else add
    return Problem(path=path, message=message, hint=hint)
