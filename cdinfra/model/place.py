"""Places: the region and the account that a stack lives in, where those are not the app's own."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from cdinfra.errors import Problem, nearest

REGION_PATTERN = re.compile(r"[a-z]+(-[a-z]+)+-\d{1,2}")
"""The form of a region's name. Source: AWS General Reference, "AWS service endpoints"."""

ACCOUNT_PATTERN = re.compile(r"\d{12}")
"""Source: AWS Account Management reference guide, "View AWS account identifiers"."""

ROLE_PATTERN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/[\w+=,.@/-]{1,512}")
"""ARN of a role. Source: STS API reference, AssumeRole, RoleArn; IAM, RoleName."""

EXTERNAL_ID_PATTERN = re.compile(r"[\w+=,.@:/-]{2,1224}")
"""Source: STS API reference, AssumeRole, ExternalId."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stack lives, as far as it is not where the rest of the app does.

    Attributes:
        region: AWS region; None for the app's.
        account_role: ARN of the role to assume, which says in which account; None for the
            caller's own account.
        external_id: What the role's trust policy asks for; None for nothing.
    """

    region: str | None = None
    account_role: str | None = None
    external_id: str | None = None

    @property
    def account_id(self) -> str | None:
        """The account of the role, twelve digits; None for the caller's own."""
        found = ROLE_PATTERN.fullmatch(self.account_role or "")
        return found["account"] if found else None


HOME = Place()
"""The app's own region in the caller's own account."""


def place_problems(path: str, place: object) -> Iterator[Problem]:
    """Return what is wrong with a place, whatever was passed."""
    if not isinstance(place, Place):
        hint = "for example Place(region='us-east-1')"
        yield Problem(path=path, message=f"{place!r} is no Place", hint=hint)
        return
    checks = (
        ("region", place.region, REGION_PATTERN, "for example 'us-east-1'"),
        (
            "account_role",
            place.account_role,
            ROLE_PATTERN,
            "for example 'arn:aws:iam::123456789012:role/deployer'",
        ),
        (
            "external_id",
            place.external_id,
            EXTERNAL_ID_PATTERN,
            "2 to 1,224 letters, digits, +=,.@:/-",
        ),
    )
    for name, value, pattern, hint in checks:
        if value is not None and not (isinstance(value, str) and pattern.fullmatch(value)):
            message = f"{value!r} is no {name.replace('_', ' ')}"
            yield Problem(path=f"{path}/{name}", message=message, hint=hint)
    if place.external_id is not None and place.account_role is None:
        yield Problem(path=f"{path}/external_id", message="says nothing without an account_role")


def accounts_problems(accounts: object, environments: Collection[str]) -> Iterator[Problem]:
    """Return what is wrong with the accounts that environments belong to."""
    path = "accounts"
    if not isinstance(accounts, Mapping):
        hint = "for example {'production': '123456789012'}"
        yield Problem(path=path, message=f"{accounts!r} is no dict", hint=hint)
        return
    for env, account in accounts.items():
        if env not in environments:
            hint = nearest(str(env), environments)
            yield Problem(path=f"{path}/{env}", message="is no environment", hint=hint)
        if not isinstance(account, str) or not ACCOUNT_PATTERN.fullmatch(account):
            hint = "twelve digits, as a string: a number would lose its leading zeros"
            yield Problem(path=f"{path}/{env}", message=f"{account!r} is no account", hint=hint)


def role_problems(places: Iterable[tuple[str, Place]]) -> Iterator[Problem]:
    """Return which places name another role than others do for the same account.

    Each account is entered by one role: whoever reads an account's stacks by one role and
    changes them by another does not know which of the two a permission is missing from.

    Args:
        places: Each place with the path that it stands at.
    """
    first: dict[str, tuple[str, Place]] = {}
    for path, place in places:
        if place.account_id is None:
            continue
        where, known = first.setdefault(place.account_id, (path, place))
        if (known.account_role, known.external_id) != (place.account_role, place.external_id):
            message = f"enters the account {place.account_id} otherwise than {where}"
            hint = "use the same account_role and external_id for all stacks of an account"
            yield Problem(path=path, message=message, hint=hint)
