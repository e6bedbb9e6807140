"""Docker's own client against the registry that answers for ECR."""

import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

Run = Callable[..., subprocess.CompletedProcess[str]]
MakeImage = Callable[[str, str], None]
Login = Callable[[Any], tuple[str, str, str]]


def pushed(docker: Run, make_image: MakeImage, image: str, content: str) -> str:
    """Push an image of one small file and return its digest as Docker says it."""
    make_image(image, content)
    done = docker("push", image)
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("digest: ")[2].split()[0]


def images(ecr: Any, repository: Any) -> dict[str, Any]:
    found = ecr.describe_images(repositoryName=repository["repositoryName"])["imageDetails"]
    return {each["imageDigest"]: each for each in found}


def test_the_password_logs_in_and_a_wrong_one_does_not(docker: Run, ecr: Any, login: Login) -> None:
    user, password, host = login(ecr)

    right = docker("login", "--username", user, "--password-stdin", host, stdin=password)
    wrong = docker("login", "--username", user, "--password-stdin", host, stdin=f"{password}x")

    assert right.returncode == 0, right.stderr
    assert wrong.returncode != 0
    assert "Reauthenticate and try again" in wrong.stderr


def test_a_password_holds_for_twelve_hours_and_names_the_registry(
    ecr: Any, repository: Any
) -> None:
    (data,) = ecr.get_authorization_token()["authorizationData"]

    left = data["expiresAt"] - datetime.now(UTC)
    assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)
    host = data["proxyEndpoint"].removeprefix("http://")
    assert host.startswith("127.0.0.1:")
    assert repository["repositoryUri"] == f"{host}/{repository['repositoryName']}"


def test_what_is_pushed_is_described_at_once_and_pulled_by_digest(
    logged_in: Run, ecr: Any, repository: Any, make_image: MakeImage
) -> None:
    uri = repository["repositoryUri"]
    digest = pushed(logged_in, make_image, f"{uri}:v1", "one")

    found = images(ecr, repository)[digest]
    assert found["imageTags"] == ["v1"]
    assert found["imageManifestMediaType"].endswith("manifest.v2+json")
    assert 100 < found["imageSizeInBytes"] < 10_000
    (image,) = ecr.batch_get_image(
        repositoryName=repository["repositoryName"], imageIds=[{"imageTag": "v1"}]
    )["images"]
    parts = json.loads(image["imageManifest"])
    assert found["imageSizeInBytes"] == parts["config"]["size"] + parts["layers"][0]["size"]

    logged_in("rmi", "--force", f"{uri}:v1")
    done = logged_in("pull", f"{uri}@{digest}")
    assert done.returncode == 0, done.stderr
    assert "lastRecordedPullTime" in images(ecr, repository)[digest]
    logged_in("rmi", "--force", f"{uri}@{digest}")


def test_who_has_not_logged_in_neither_pushes_nor_pulls(
    docker: Run, repository: Any, make_image: MakeImage
) -> None:
    image = f"{repository['repositoryUri']}:v1"
    make_image(image, "one")

    for verb in ("push", "pull"):
        done = docker(verb, image)
        assert done.returncode != 0
        assert "no basic auth credentials" in done.stderr


def test_a_repository_that_ecr_does_not_have_is_named_as_missing(
    logged_in: Run, repository: Any, make_image: MakeImage
) -> None:
    host = repository["repositoryUri"].partition("/")[0]
    make_image(f"{host}/shop/none:v1", "one")

    for verb in ("push", "pull"):
        done = logged_in(verb, f"{host}/shop/none:v1")
        assert done.returncode != 0
        assert (
            "The repository with name 'shop/none' does not exist "
            "in the registry with id '123456789012'" in done.stderr
        )


def test_an_image_whose_tag_has_moved_on_is_still_pulled_by_its_digest(
    logged_in: Run, ecr: Any, repository: Any, make_image: MakeImage
) -> None:
    uri = repository["repositoryUri"]
    old = pushed(logged_in, make_image, f"{uri}:latest", "old")
    new = pushed(logged_in, make_image, f"{uri}:latest", "new")

    found = images(ecr, repository)
    assert "imageTags" not in found[old]
    assert found[new]["imageTags"] == ["latest"]
    assert logged_in("pull", f"{uri}@{old}").returncode == 0
    logged_in("rmi", "--force", f"{uri}@{old}")


def test_an_immutable_tag_is_refused_and_stays_what_it_was(
    logged_in: Run, ecr: Any, repository: Any, make_image: MakeImage
) -> None:
    name, uri = repository["repositoryName"], repository["repositoryUri"]
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    digest = pushed(logged_in, make_image, f"{uri}:v1", "one")
    make_image(f"{uri}:v1", "two")

    done = logged_in("push", f"{uri}:v1")

    assert done.returncode != 0
    assert f"tag invalid: The image tag 'v1' already exists in the '{name}'" in done.stderr
    assert [*images(ecr, repository)] == [digest]
    assert digest in logged_in("pull", f"{uri}:v1").stdout


def test_a_deleted_image_is_gone_for_docker_too(
    logged_in: Run, ecr: Any, repository: Any, make_image: MakeImage
) -> None:
    name, uri = repository["repositoryName"], repository["repositoryUri"]
    digest = pushed(logged_in, make_image, f"{uri}:v1", "one")
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": digest}])

    for reference in (f"{uri}:v1", f"{uri}@{digest}"):
        done = logged_in("pull", reference)
        assert done.returncode != 0
        assert "Requested image not found" in done.stderr

    assert digest in logged_in("push", f"{uri}:v1").stdout
    assert digest in logged_in("pull", f"{uri}:v1").stdout


def test_a_tag_that_is_put_through_the_api_is_pulled_by_docker(
    logged_in: Run, ecr: Any, repository: Any, make_image: MakeImage
) -> None:
    name, uri = repository["repositoryName"], repository["repositoryUri"]
    digest = pushed(logged_in, make_image, f"{uri}:v1", "one")
    (image,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "v1"}])["images"]

    ecr.put_image(repositoryName=name, imageManifest=image["imageManifest"], imageTag="stable")

    done = logged_in("pull", f"{uri}:stable")
    assert digest in done.stdout, done.stderr
    logged_in("rmi", "--force", f"{uri}:stable")


def test_an_index_of_several_images_is_pushed_and_described(
    logged_in: Run, ecr: Any, repository: Any, make_image: MakeImage
) -> None:
    uri = repository["repositoryUri"]
    large = pushed(logged_in, make_image, f"{uri}:amd64", "large" * 1000)
    pushed(logged_in, make_image, f"{uri}:arm64", "small")
    made = logged_in(
        *("manifest", "create", "--insecure", f"{uri}:v1", f"{uri}:amd64", f"{uri}:arm64")
    )
    assert made.returncode == 0, made.stderr
    done = logged_in("manifest", "push", "--insecure", f"{uri}:v1")
    assert done.returncode == 0, done.stderr

    found = images(ecr, repository)
    index = found[done.stdout.strip()]
    assert index["imageTags"] == ["v1"]
    assert index["imageManifestMediaType"].endswith("manifest.list.v2+json")
    assert index["imageSizeInBytes"] == found[large]["imageSizeInBytes"]


def test_a_manifest_whose_layers_nobody_pushed_is_refused(ecr: Any, repository: Any) -> None:
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    missing = {"mediaType": "application/octet-stream", "size": 3, "digest": f"sha256:{'0' * 64}"}
    document = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": missing,
        "layers": [missing],
    }

    with pytest.raises(ClientError, match="unknown") as caught:
        ecr.put_image(
            repositoryName=repository["repositoryName"],
            imageManifest=json.dumps(document),
            imageTag="v1",
        )
    assert caught.value.response["Error"]["Code"] == "LayersNotFoundException"
    assert images(ecr, repository) == {}


def test_each_region_has_a_registry_and_passwords_of_its_own(
    docker: Run, ecr: Any, client: Callable[..., Any], login: Login
) -> None:
    user, password, host = login(ecr)
    _, _, elsewhere = login(client("ecr", "us-east-1"))

    assert elsewhere != host
    done = docker("login", "--username", user, "--password-stdin", elsewhere, stdin=password)
    assert done.returncode != 0
    assert "another region" in done.stderr


def test_a_stack_outputs_the_address_to_which_docker_pushes(
    logged_in: Run, client: Callable[..., Any], make_image: MakeImage
) -> None:
    cloudformation = client("cloudformation")
    template = {
        "Resources": {"Images": {"Type": "AWS::ECR::Repository"}},
        "Outputs": {"Uri": {"Value": {"Fn::GetAtt": ["Images", "RepositoryUri"]}}},
    }
    cloudformation.create_stack(StackName="images", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="images", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    (stack,) = cloudformation.describe_stacks(StackName="images")["Stacks"]

    pushed(logged_in, make_image, f"{stack['Outputs'][0]['OutputValue']}:v1", "one")


def test_images_outlive_a_restart_of_the_registry(
    logged_in: Run, repository: Any, make_image: MakeImage
) -> None:
    uri = repository["repositoryUri"]
    digest = pushed(logged_in, make_image, f"{uri}:v1", "one")
    port = uri.partition("/")[0].partition(":")[2]
    container = logged_in("ps", "--quiet", "--filter", f"publish={port}").stdout.strip()
    assert logged_in("kill", container).returncode == 0
    assert logged_in("start", container).returncode == 0
    logged_in("rmi", "--force", f"{uri}:v1")

    deadline = time.monotonic() + 20
    done = logged_in("pull", f"{uri}:v1")
    while done.returncode != 0 and time.monotonic() < deadline:
        time.sleep(0.2)
        done = logged_in("pull", f"{uri}:v1")

    assert digest in done.stdout, done.stderr
