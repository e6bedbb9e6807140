"""Notes on a resource which ``build_*`` method made it, so that a failure can name the method."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from troposphere import AWSObject

from cdinfra.model.source_line import is_shipped

_NOTE = "_cdinfra_made_by"

Method = Callable[..., Any]
Arguments = ParamSpec("Arguments")
StackT = TypeVar("StackT")
MadeT = TypeVar("MadeT")


def noting_what_it_makes(
    method: Callable[Concatenate[StackT, Arguments], MadeT],
) -> Callable[Concatenate[StackT, Arguments], MadeT]:
    """Return a method that does the same, and notes itself on the resource it returns.

    Where one calls another, as with ``super()``, the outermost counts; but one of cdinfra's
    own never takes the place of a person's.
    """

    @wraps(method)
    def build(stack: StackT, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> MadeT:
        made = method(stack, *arguments, **named)
        if isinstance(made, AWSObject) and _counts_more(method, made_by(made)):
            # Past troposphere's own __setattr__, which knows only CloudFormation's names.
            vars(made)[_NOTE] = method
        return made

    return build


def made_by(resource: object) -> Method | None:
    """Return the method that made a resource; None where no ``build_*`` method did."""
    noted: Method | None = vars(resource).get(_NOTE) if isinstance(resource, AWSObject) else None
    return noted


def _counts_more(method: Method, than: Method | None) -> bool:
    return than is None or is_shipped(than.__module__) or not is_shipped(method.__module__)
