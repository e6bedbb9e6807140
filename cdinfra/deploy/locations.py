"""Where an app's stacks are once the account is known, and whether it is the right one."""

from collections.abc import Callable, Iterable, Mapping

from cdinfra.aws.account import Account
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import HOME, Deployable

AT = "@"
"""Stands between the name of a stack that was moved and the place that it is still in."""

FindAccount = Callable[[], Account]
"""Returns the caller's account and the app's own region."""


def refuse_other_account(app: Deployable, find_account: FindAccount) -> None:
    """Refuse to work in an account that is not the one of the environment.

    A stack that names a role is in the role's account, whoever calls.

    Args:
        app: The app; where it names no account, nothing is asked.
        find_account: Returns the caller's account.

    Raises:
        InvalidInputError: It is another account.
        CloudError: The cloud cannot be asked.
    """
    if app.account is None or all(each.place.account_role for each in app.build()):
        return
    found = find_account().account_id
    if found != app.account:
        message = f"these credentials are of {found}, and {app.env} belongs to {app.account}"
        hint = "use those of the other account, for example with --profile"
        raise InvalidInputError(Problem(path="account", message=message, hint=hint))


def describe_locations(app: Deployable, find_account: FindAccount) -> Mapping[str, Account]:
    """Return where each stack is, by name; none where all are in the app's own place.

    Args:
        app: The app.
        find_account: Returns the caller's account; not called for an app in one place.
    """
    templates = app.build()
    places = {*(each.place for each in templates), *app.places}
    if places <= {HOME}:
        return {}
    home = find_account()
    return {each.name: home.at(each.place) for each in templates}


def stack_key(name: str, arn: str, wanted: Mapping[str, Account], used: Iterable[str]) -> str:
    """Return what a stack that was found is called.

    One that is not where ``infra.py`` has it is another stack than the one of that name.

    Args:
        name: Its name within the app.
        arn: Its ARN.
        wanted: Where the stacks of ``infra.py`` are; none where all are in one place.
        used: Names that other stacks have already.
    """
    if not wanted:
        return name
    there = Account.of_arn(arn)
    is_other = wanted.get(name, there) != there or name in used
    return f"{name}{AT}{there.account_id}/{there.region}" if is_other else name
