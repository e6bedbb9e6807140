from __future__ import annotations

import json
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from cdinfra.aws.connection import Connection
from cdinfra.aws.images import EcrName, Images
from cdinfra.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.aws.conftest import Script

NAME = EcrName(name="shop/web", account="123456789012", region="eu-central-1")
DIGEST = f"sha256:{'a' * 64}"
CHILD = f"sha256:{'b' * 64}"
CONFIG = json.dumps(
    {"architecture": "amd64", "os": "linux", "config": {"Labels": {"b": "2", "a": "1"}}}
).encode()
CONFIG_DIGEST = f"sha256:{sha256(CONFIG).hexdigest()}"
MANIFEST = {"config": {"digest": CONFIG_DIGEST, "size": len(CONFIG)}}


@pytest.fixture
def address() -> Iterator[str]:
    """A server on loopback that gives out the configuration, and else nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/config"
            self.send_response(200 if found else 403)
            self.send_header("Content-Length", str(len(CONFIG) if found else 0))
            self.end_headers()
            self.wfile.write(CONFIG if found else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ecr(script: Callable[..., Script]) -> Script:
    return script("ecr")


def described(ecr: Script, key: str = "imageTag", value: str = "v1") -> None:
    details = {"imageDigest": DIGEST, "imageTags": ["v1", "latest"], "imageSizeInBytes": 77}
    asked = {"registryId": "123456789012", "repositoryName": "shop/web"}
    ecr.answer(
        "describe_images", {"imageDetails": [details]}, {**asked, "imageIds": [{key: value}]}
    )


def manifest(ecr: Script, document: Any) -> None:
    image = {"imageManifest": json.dumps(document)}
    ecr.answer("batch_get_image", {"images": [image], "failures": []})


def config(ecr: Script, url: str) -> None:
    answer = {"downloadUrl": url, "layerDigest": CONFIG_DIGEST}
    asked = {
        "registryId": "123456789012",
        "repositoryName": "shop/web",
        "layerDigest": CONFIG_DIGEST,
    }
    ecr.answer("get_download_url_for_layer", answer, asked)


def test_a_single_image_says_in_its_configuration_what_it_is_built_for(
    ecr: Script, address: str
) -> None:
    described(ecr)
    manifest(ecr, MANIFEST)
    config(ecr, f"{address}/config")
    found = Images(ecr.clients).describe_image(NAME, "v1")
    assert found is not None
    assert (found.digest, found.tags, found.size_bytes) == (DIGEST, ("latest", "v1"), 77)
    assert found.architectures == ("x86_64",)
    assert found.labels == (("a", "1"), ("b", "2"))
    assert found.notes == ()


def test_an_image_of_several_platforms_is_built_for_all_of_them(ecr: Script, address: str) -> None:
    platforms = [
        {"digest": CHILD, "platform": {"os": "linux", "architecture": "amd64"}},
        {"digest": CHILD, "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
        {"digest": CHILD, "platform": {"os": "windows", "architecture": "amd64"}},
        {"digest": CHILD, "platform": {"os": "unknown", "architecture": "unknown"}},
    ]
    described(ecr, "imageDigest", DIGEST)
    manifest(ecr, {"manifests": platforms})
    manifest(ecr, MANIFEST)
    config(ecr, f"{address}/config")
    found = Images(ecr.clients).describe_image(NAME, DIGEST)
    assert found is not None
    assert found.architectures == ("x86_64", "arm64")
    assert found.labels == (("a", "1"), ("b", "2"))


def test_a_configuration_that_may_not_be_fetched_is_a_note(ecr: Script, address: str) -> None:
    described(ecr)
    manifest(ecr, MANIFEST)
    config(ecr, f"{address}/elsewhere")
    found = Images(ecr.clients).describe_image(NAME, "v1")
    assert found is not None
    assert (found.architectures, found.notes) == (
        (),
        ("what the image is built for is not known: the image's configuration cannot be read",),
    )


def test_a_configuration_of_another_digest_is_not_believed(ecr: Script, address: str) -> None:
    described(ecr)
    other = f"sha256:{'c' * 64}"
    manifest(ecr, {"config": {"digest": other, "size": 9}})
    answer = {"downloadUrl": f"{address}/config", "layerDigest": other}
    ecr.answer("get_download_url_for_layer", answer)
    found = Images(ecr.clients).describe_image(NAME, "v1")
    assert found is not None
    assert found.architectures == ()


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"config": {}},
        {"config": {"digest": CONFIG_DIGEST, "size": 10**9}},
        [],
        {"manifests": []},
    ],
)
def test_a_manifest_without_a_configuration_says_nothing(ecr: Script, document: Any) -> None:
    described(ecr)
    manifest(ecr, document)
    found = Images(ecr.clients).describe_image(NAME, "v1")
    assert found is not None
    assert found.architectures == ()
    assert found.notes[0].startswith("what the image is built for is not known")


def test_what_the_caller_may_not_read_of_an_image_is_a_note(ecr: Script) -> None:
    described(ecr)
    ecr.refuse("batch_get_image", "AccessDeniedException", "User is not authorized")
    found = Images(ecr.clients).describe_image(NAME, "v1")
    assert found is not None
    assert "User is not authorized" in found.notes[0]


def test_an_image_that_is_not_there_is_none(ecr: Script) -> None:
    ecr.refuse("describe_images", "ImageNotFoundException")
    assert Images(ecr.clients).describe_image(NAME, "v1") is None


@pytest.mark.parametrize("code", ["RepositoryNotFoundException", "AccessDeniedException"])
def test_a_repository_that_is_not_there_or_closed_is_an_error(ecr: Script, code: str) -> None:
    ecr.refuse("describe_images", code)
    with pytest.raises(CloudError, match=f"cannot find v1 in shop/web: no .{code}"):
        Images(ecr.clients).describe_image(NAME, "v1")


@pytest.mark.parametrize(
    "host",
    [
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com",
        "123456789012.dkr-ecr.eu-central-1.on.aws",
    ],
)
def test_a_repository_of_ecr_is_known_by_its_name(script: Callable[..., Script], host: str) -> None:
    images = Images(script("ecr", Connection(region="eu-central-1")).clients)
    assert images.find_repository(f"{host}/shop/web") == NAME


def test_in_an_account_no_other_name_is_asked_for(script: Callable[..., Script]) -> None:
    images = Images(script("ecr", Connection(region="eu-central-1")).clients)
    assert images.find_repository("127.0.0.1:5000/shop/web") is None
    assert images.find_repository("123456789012.dkr.ecr.eu-central-1.amazonaws.com") is None


def test_the_local_clouds_registry_is_known_by_what_its_ecr_says(ecr: Script) -> None:
    answer = {"repositories": [{"repositoryUri": "127.0.0.1:5000/shop/web"}]}
    for _ in range(2):
        ecr.answer("describe_repositories", answer, {"repositoryNames": ["shop/web"]})
    ecr.refuse("describe_repositories", "RepositoryNotFoundException")
    images = Images(ecr.clients)
    assert images.find_repository("127.0.0.1:5000/shop/web") == EcrName(name="shop/web")
    assert images.find_repository("127.0.0.1:6000/shop/web") is None
    assert images.find_repository("127.0.0.1:5000/shop/web") is None
    assert images.find_repository("alpine") is None


@pytest.mark.parametrize("name", ["x", "x" * 257, "Shop", "shop//web"])
def test_the_local_clouds_ecr_is_not_asked_for_what_no_repository_of_it_is_called(
    ecr: Script, name: str
) -> None:
    assert Images(ecr.clients).find_repository(f"nope.example.com/{name}") is None


def test_tags_are_listed_in_order_without_images_that_have_none(ecr: Script) -> None:
    ids = [{"imageDigest": DIGEST, "imageTag": "v2"}, {"imageDigest": DIGEST, "imageTag": "v1"}]
    ecr.answer("list_images", {"imageIds": [*ids, {"imageDigest": CHILD}]})
    assert Images(ecr.clients).list_tags(NAME) == ("v1", "v2")
