"""ECR's API in a local cloud without a Docker engine."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdinfra.aws.connection import Clients

FindClients = Callable[..., Clients]
MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


def manifest(layer: str) -> str:
    document = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPE,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 5},
        "layers": [{"digest": layer, "size": 20}],
    }
    return json.dumps(document)


@pytest.fixture
def ecr(clients: FindClients) -> Any:
    return clients("ap-southeast-1").client("ecr")


@pytest.fixture
def name(ecr: Any, request: pytest.FixtureRequest) -> str:
    name = request.node.name.replace("_", "-")[:60].rstrip("-")
    ecr.create_repository(repositoryName=name)
    return str(name)


def test_without_an_engine_a_repository_has_its_address_in_aws(ecr: Any, name: str) -> None:
    (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]

    assert found["repositoryUri"] == f"123456789012.dkr.ecr.ap-southeast-1.amazonaws.com/{name}"


def test_without_an_engine_there_is_no_password_and_the_refusal_says_why(ecr: Any) -> None:
    with pytest.raises(ClientError, match="has no registry: CDINFRA_HOSTS is off") as caught:
        ecr.get_authorization_token()

    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.parametrize("account", ["1234", "12345678901x", "123456789012\nbackend"])
def test_an_account_that_is_none_is_refused(ecr: Any, account: str) -> None:
    with pytest.raises(ClientError, match="registryIds"):
        ecr.get_authorization_token(registryIds=[account])


def test_an_image_has_the_digest_of_its_manifest_and_the_size_of_its_parts(
    ecr: Any, name: str
) -> None:
    text = manifest("a")
    put = ecr.put_image(repositoryName=name, imageManifest=text, imageTag="v1")["image"]

    digest = f"sha256:{sha256(text.encode()).hexdigest()}"
    assert put["imageId"] == {"imageDigest": digest, "imageTag": "v1"}
    (found,) = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert (found["imageDigest"], found["imageTags"]) == (digest, ["v1"])
    assert found["imageSizeInBytes"] == 25
    assert found["imageManifestMediaType"] == MEDIA_TYPE
    assert found["artifactMediaType"] == "application/vnd.oci.image.config.v1+json"


def test_an_image_stays_when_its_tag_moves_on(ecr: Any, name: str) -> None:
    for layer in "ab":
        ecr.put_image(repositoryName=name, imageManifest=manifest(layer), imageTag="latest")

    found = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert sorted(each.get("imageTags", []) for each in found) == [[], ["latest"]]


def test_an_immutable_tag_does_not_move(ecr: Any, name: str) -> None:
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    ecr.put_image(repositoryName=name, imageManifest=manifest("a"), imageTag="v1")

    with pytest.raises(ClientError, match=f"already exists in the '{name}' repository") as caught:
        ecr.put_image(repositoryName=name, imageManifest=manifest("b"), imageTag="v1")
    assert caught.value.response["Error"]["Code"] == "ImageTagAlreadyExistsException"


def test_a_manifest_that_is_none_and_a_wrong_digest_are_refused(ecr: Any, name: str) -> None:
    with pytest.raises(ClientError, match="imageManifest"):
        ecr.put_image(repositoryName=name, imageManifest="no JSON", imageTag="v1")
    with pytest.raises(ClientError, match="does not match") as caught:
        ecr.put_image(
            repositoryName=name,
            imageManifest=manifest("a"),
            imageTag="v1",
            imageDigest=f"sha256:{'0' * 64}",
        )
    assert caught.value.response["Error"]["Code"] == "ImageDigestDoesNotMatchException"
    assert ecr.describe_images(repositoryName=name)["imageDetails"] == []
