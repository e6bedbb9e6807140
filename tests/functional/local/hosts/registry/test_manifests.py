import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from cdinfra.local.hosts.registry.access import Access
from cdinfra.local.hosts.registry.client import Answered, Asked
from cdinfra.local.hosts.registry.manifest import read_manifest
from cdinfra.local.hosts.registry.manifests import Manifests
from cdinfra.local.hosts.registry.place import Registry
from cdinfra.local.hosts.registry.records import Records

MANIFEST = json.dumps({"mediaType": "application/x", "layers": []}).encode()
DIGEST = read_manifest(MANIFEST, None).digest
CHALLENGE = 'Bearer realm="http://127.0.0.1:1/token"'

Call = Callable[..., Response]


class FakeRegistry:
    """A registry that knows nobody without a token, and takes what it is given."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.status = 201

    def ask(self, _registry: Registry, asked: Asked) -> Answered:
        self.asked.append(asked)
        if "Authorization" not in asked.headers:
            return Answered(status=401, headers={"WWW-Authenticate": CHALLENGE}, body=b"{}")
        headers = {"Connection": "close", "Docker-Content-Digest": DIGEST}
        return Answered(status=self.status, headers=headers, body=b"from the registry")


@pytest.fixture
def behind() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def call(behind: FakeRegistry, records: Records, registry: Registry, repository: Any) -> Call:
    granted = {
        "all": (Access(repository=repository.name, actions=frozenset({"pull", "push"})),),
        "pull": (Access(repository=repository.name, actions=frozenset({"pull"})),),
        "other": (Access(repository="gone", actions=frozenset({"pull", "push"})),),
    }
    manifests = Manifests(
        records=records,
        ask=behind.ask,
        read_token=lambda token, _service: granted.get(token, ()),
    )

    def call_it(
        method: str, rest: str, *, token: str = "all", name: str = repository.name, **given: Any
    ) -> Response:
        path = f"/v2/{name}/{rest}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        builder = EnvironBuilder(method=method, path=path, headers=headers, **given)
        return manifests.respond(Request(builder.get_environ()), registry, path)

    return call_it


def code(response: Response) -> str:
    return str(json.loads(response.get_data())["errors"][0]["code"])


def test_a_push_is_stored_by_digest_and_recorded_under_its_tag(
    call: Call, behind: FakeRegistry, records: Records, repository: Any
) -> None:
    response = call("PUT", "manifests/v1", data=MANIFEST, content_type="application/x")

    assert response.status_code == 201
    assert response.headers["Docker-Content-Digest"] == DIGEST
    assert "Connection" not in response.headers
    (asked,) = behind.asked
    assert asked.path == f"/v2/{repository.name}/manifests/{DIGEST}"
    assert (asked.body, asked.headers["Content-Type"]) == (MANIFEST, "application/x")
    assert records.find(repository, "v1").image_digest == DIGEST


def test_a_push_by_digest_has_no_tag(call: Call, records: Records, repository: Any) -> None:
    assert call("PUT", f"manifests/{DIGEST}", data=MANIFEST).status_code == 201
    assert records.find(repository, DIGEST).image_tags == []


def test_what_the_registry_refuses_is_refused_in_its_words(
    call: Call, behind: FakeRegistry, repository: Any
) -> None:
    behind.status = 400

    response = call("PUT", "manifests/v1", data=MANIFEST)

    assert (response.status_code, response.get_data()) == (400, b"from the registry")
    assert repository.images == []


def test_an_immutable_tag_is_refused(call: Call, behind: FakeRegistry, repository: Any) -> None:
    call("PUT", "manifests/v1", data=MANIFEST)
    repository.image_tag_mutability = "IMMUTABLE"
    other = MANIFEST + b"\n"

    response = call("PUT", "manifests/v1", data=other)

    assert (response.status_code, code(response)) == (400, "TAG_INVALID")
    assert b"cannot be overwritten" in response.get_data()
    assert len(behind.asked) == 1


def test_a_pull_by_tag_asks_the_registry_for_the_digest_and_is_noted(
    call: Call, behind: FakeRegistry, records: Records, repository: Any
) -> None:
    call("PUT", "manifests/v1", data=MANIFEST)
    behind.status = 200

    assert call("HEAD", "manifests/v1").status_code == 200
    assert records.find(repository, "v1").last_recorded_pull_time is None
    assert call("GET", "manifests/v1", token="pull").get_data() == b"from the registry"
    assert behind.asked[-1].path.endswith(f"/manifests/{DIGEST}")
    assert records.find(repository, "v1").last_recorded_pull_time is not None


def test_an_image_that_ecr_does_not_have_is_not_pulled_whatever_the_registry_keeps(
    call: Call, behind: FakeRegistry, repository: Any
) -> None:
    call("PUT", "manifests/v1", data=MANIFEST)
    repository.images.clear()

    for reference in ("v1", DIGEST):
        response = call("GET", f"manifests/{reference}")
        assert (response.status_code, code(response)) == (404, "MANIFEST_UNKNOWN")
    assert len(behind.asked) == 1


def test_tags_are_those_that_ecr_has(call: Call, repository: Any) -> None:
    call("PUT", "manifests/v1", data=MANIFEST)

    assert json.loads(call("GET", "tags/list").get_data()) == {
        "name": repository.name,
        "tags": ["v1"],
    }


@pytest.mark.parametrize(
    ("method", "rest", "token"),
    [
        ("GET", "manifests/v1", ""),
        ("GET", "manifests/v1", "forged"),
        ("GET", "manifests/v1", "other"),
        ("GET", "tags/list", "other"),
        ("PUT", "manifests/v1", "pull"),
        ("DELETE", "manifests/v1", "pull"),
    ],
)
def test_who_may_not_is_told_by_the_registry_where_to_log_in(
    call: Call, repository: Any, method: str, rest: str, token: str
) -> None:
    response = call(method, rest, token=token, data=MANIFEST)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == CHALLENGE
    assert repository.images == []


def test_a_repository_that_was_deleted_is_unknown(call: Call) -> None:
    response = call("GET", "manifests/v1", token="other", name="gone")

    assert (response.status_code, code(response)) == (404, "NAME_UNKNOWN")


def test_images_are_not_deleted_here(call: Call) -> None:
    assert call("DELETE", f"manifests/{DIGEST}").status_code == 405


def test_what_is_no_manifest_is_refused(call: Call, behind: FakeRegistry) -> None:
    response = call("PUT", "manifests/v1", data=b"\xff")

    assert (response.status_code, code(response)) == (400, "MANIFEST_INVALID")
    assert behind.asked == []
