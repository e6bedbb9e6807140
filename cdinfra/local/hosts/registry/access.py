"""What a token lets its bearer do, and the scopes in which a Docker client asks for it.

Source: docker/distribution, "Docker Registry Token Scope and Access".
"""

from collections.abc import Iterable
from dataclasses import dataclass

REPOSITORY = "repository"
PULL, PUSH = "pull", "push"
ACTIONS = frozenset({PULL, PUSH})
"""What ECR lets a client do; images are deleted through its API alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Actions on one repository.

    Attributes:
        repository: Name of the repository.
        actions: ``pull``, ``push`` or both; none is no access.
    """

    repository: str
    actions: frozenset[str]


def read_scopes(scopes: Iterable[str]) -> tuple[Access, ...]:
    """Return what the scopes of a token request ask for.

    A scope of something else than a repository asks for nothing that there is here, and
    actions that ECR does not know are left out.

    Args:
        scopes: The values of ``scope``, each with one scope or several with spaces between.

    >>> read_scopes(["repository:shop/web:pull,push registry:catalog:*"])[0].repository
    'shop/web'
    """
    found = (_read_scope(each) for scope in scopes for each in scope.split())
    return tuple(access for access in found if access is not None)


def _read_scope(scope: str) -> Access | None:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    if kind != REPOSITORY or not name:
        return None
    return Access(repository=name, actions=ACTIONS.intersection(actions.split(",")))
