"""Templates that are too large to send: refused before anything is done, where no bucket is."""

from collections.abc import Collection

from cdinfra.deploy.observe import Observed
from cdinfra.deploy.plan import Plan, StackAction, Verb
from cdinfra.deploy.template_body import INLINE_LIMIT, STORED_LIMIT
from cdinfra.errors import InvalidInputError, Problem

BUCKET_OUTPUT = "BucketName"
"""Output of a foundational stack that names the app's bucket."""


def refuse_large(plan: Plan, observed: Observed, foundations: Collection[str]) -> None:
    """Refuse templates that CloudFormation could not get.

    Args:
        plan: What will be done.
        observed: What exists.
        foundations: Names of the stacks of which one has the app's bucket.

    Raises:
        InvalidInputError: A template is too large, or too large to send and there is no bucket.
    """
    changed = [each for each in plan.actions if each.verb in {Verb.CREATE, Verb.UPDATE}]
    comes = any(each.stack in foundations for each in changed)
    has_bucket = comes or any(BUCKET_OUTPUT in observed.outputs(name) for name in foundations)
    problems = [
        problem
        for each in changed
        if (problem := size_problem(each, foundations, has_bucket=has_bucket))
    ]
    if problems:
        raise InvalidInputError(problems)


def size_problem(
    action: StackAction, foundations: Collection[str], *, has_bucket: bool
) -> Problem | None:
    """Return what is wrong with the size of a template; None where nothing is.

    Args:
        action: What is done with its stack.
        foundations: Names of the stacks of which one has the app's bucket.
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
    hint = bring if foundations else "add Foundation() to the app"
    return Problem(path=path, message=message, hint=hint)
