import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from cdinfra.local.hosts.registry.access import Access
from cdinfra.local.hosts.registry.passwords import Passwords
from cdinfra.local.hosts.registry.place import Registry
from cdinfra.local.hosts.registry.records import Records
from cdinfra.local.hosts.registry.signing import make_signing_key
from cdinfra.local.hosts.registry.token_endpoint import TokenEndpoint
from cdinfra.local.hosts.registry.tokens import Tokens

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FRIEND = "222222222222"
PULL_POLICY = json.dumps(
    {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{FRIEND}:root"},
                "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            }
        ]
    }
)

Ask = Callable[..., Response]
Granted = Callable[[Response], tuple[Access, ...]]


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(lambda: NOW)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(make_signing_key(NOW), now=lambda: NOW)


@pytest.fixture
def ask(passwords: Passwords, tokens: Tokens, records: Records, registry: Registry) -> Ask:
    endpoint = TokenEndpoint(passwords=passwords, tokens=tokens, find_repository=records.repository)

    def ask_it(*scopes: str, method: str = "GET", **given: Any) -> Response:
        query = {"service": registry.service, "scope": list(scopes)}
        builder = EnvironBuilder(method=method, query_string=query, **given)
        return endpoint.respond(Request(builder.get_environ()), registry)

    return ask_it


@pytest.fixture
def granted(tokens: Tokens, registry: Registry) -> Granted:
    def read(response: Response) -> tuple[Access, ...]:
        assert response.status_code == 200, response.get_data()
        return tokens.read(json.loads(response.get_data())["token"], registry.service)

    return read


def login(passwords: Passwords, account: str = "123456789012", region: str = "eu-central-1") -> Any:
    return ("AWS", passwords.issue(account=account, region=region).password)


def message(response: Response) -> str:
    return str(json.loads(response.get_data())["errors"][0]["message"])


def test_a_login_is_a_token_that_grants_nothing(
    ask: Ask, granted: Granted, passwords: Passwords
) -> None:
    assert granted(ask(auth=login(passwords))) == ()


def test_a_repository_that_ecr_has_is_granted(
    ask: Ask, granted: Granted, passwords: Passwords, repository: Any
) -> None:
    response = ask(f"repository:{repository.name}:pull,push,delete", auth=login(passwords))

    (access,) = granted(response)
    assert (access.repository, access.actions) == (repository.name, {"pull", "push"})


@pytest.mark.parametrize("actions", ["pull", "pull,push"])
def test_a_repository_that_ecr_does_not_have_is_refused_in_its_words(
    ask: Ask, passwords: Passwords, actions: str
) -> None:
    response = ask(f"repository:none:{actions}", auth=login(passwords))

    assert response.status_code == 404
    assert message(response) == (
        "The repository with name 'none' does not exist in the registry with id '123456789012'"
    )


def test_a_push_may_also_name_repositories_that_are_not_there(
    ask: Ask, granted: Granted, passwords: Passwords, repository: Any
) -> None:
    scopes = (f"repository:{repository.name}:pull,push", "repository:none:pull")

    (access,) = granted(ask(*scopes, auth=login(passwords)))
    assert access.repository == repository.name


def test_a_push_to_one_that_is_not_there_is_refused_though_another_one_is(
    ask: Ask, passwords: Passwords, repository: Any
) -> None:
    scopes = (f"repository:{repository.name}:pull", "repository:none:pull,push")

    assert ask(*scopes, auth=login(passwords)).status_code == 404


@pytest.mark.parametrize("auth", [("AWS", "wrong"), ("AWS", ""), ("root", "wrong")])
def test_a_wrong_password_is_refused(ask: Ask, auth: Any) -> None:
    response = ask(auth=auth)

    assert response.status_code == 401
    assert "Reauthenticate" in message(response)


def test_a_password_of_another_region_is_refused(ask: Ask, passwords: Passwords) -> None:
    assert ask(auth=login(passwords, region="us-east-1")).status_code == 401


def test_no_password_is_refused_with_what_to_do(ask: Ask) -> None:
    response = ask()

    assert response.status_code == 401
    assert "get-login-password" in message(response)


def test_another_way_of_asking_is_refused_so_that_a_client_takes_this_one(
    ask: Ask, passwords: Passwords
) -> None:
    assert ask(method="POST", auth=login(passwords)).status_code == 405


def test_another_account_may_do_what_the_repositorys_policy_allows(
    ask: Ask, granted: Granted, passwords: Passwords, repository: Any
) -> None:
    scope = f"repository:{repository.name}:pull,push"

    assert granted(ask(scope, auth=login(passwords, FRIEND))) == ()
    repository.policy = PULL_POLICY
    (access,) = granted(ask(scope, auth=login(passwords, FRIEND)))
    assert access.actions == {"pull"}
    assert granted(ask(scope, auth=login(passwords, "333333333333"))) == ()
