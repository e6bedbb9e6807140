import pytest

from cdinfra.local.hosts.registry.access import Access, read_scopes


@pytest.mark.parametrize(
    ("scope", "repository", "actions"),
    [
        ("repository:shop/web:pull", "shop/web", {"pull"}),
        ("repository:shop/web:pull,push", "shop/web", {"pull", "push"}),
        ("repository:shop/web:push,delete,*", "shop/web", {"push"}),
        ("repository:shop/web:", "shop/web", set()),
        ("repository:127.0.0.1:5000/web:pull", "127.0.0.1:5000/web", {"pull"}),
    ],
)
def test_a_scope_names_a_repository_and_the_actions_that_ecr_knows(
    scope: str, repository: str, actions: set[str]
) -> None:
    assert read_scopes([scope]) == (Access(repository=repository, actions=frozenset(actions)),)


@pytest.mark.parametrize("scope", ["registry:catalog:*", "repository", "repository:web", "", "::"])
def test_what_is_no_repository_asks_for_nothing(scope: str) -> None:
    assert read_scopes([scope]) == ()


def test_one_value_may_hold_several_scopes() -> None:
    found = read_scopes(["repository:a:pull repository:b:push", "repository:c:pull"])

    assert [each.repository for each in found] == ["a", "b", "c"]
