from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from cdinfra.aws.images import ImageFacts
from cdinfra.errors import CloudError, InvalidInputError
from cdinfra.model import Place
from cdinfra.rollout.registry import AwsRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.fake import FakeAws
    from cdinfra.rollout.group import DeployGroup
    from cdinfra.rollout.image import Image
    from tests.unit.rollout.edges.conftest import Make

ARN = "arn:aws:ecr:eu-central-1:123456789012:repository/shop-dev/web"
DIGEST = f"sha256:{'1' * 64}"


@pytest.fixture
def resolve(aws: FakeAws, group: DeployGroup, make: Make) -> Callable[..., Image]:
    facts = ImageFacts(
        digest=DIGEST,
        tags=("latest", "v1"),
        architectures=("x86_64",),
        labels=(("org.opencontainers.image.revision", "abc"),),
        size_bytes=7,
    )
    aws.images.repositories[make.repository] = [facts]
    return AwsRegistry(aws, group).resolve


def problem(raised: pytest.ExceptionInfo[InvalidInputError]) -> tuple[str, str]:
    (found,) = raised.value.problems
    return found.message, found.hint


def test_a_tag_becomes_a_digest_with_what_the_registry_knows(
    resolve: Callable[..., Image], make: Make
) -> None:
    found = resolve(f"{make.repository}:v1", "")
    assert (found.release, found.tag) == (make.new, "v1")
    assert (found.architectures, found.size_bytes) == (("x86_64",), 7)
    assert found.labels == (("org.opencontainers.image.revision", "abc"),)
    assert found.notes == ()


def test_a_tag_alone_means_the_repository_of_the_release_that_runs(
    resolve: Callable[..., Image], make: Make
) -> None:
    assert resolve(":v1", make.old).release == make.new
    assert resolve("v1", make.old).release == make.new
    assert resolve(DIGEST, make.old).release == make.new


def test_before_the_first_release_a_tag_means_the_stacks_one_repository(
    resolve: Callable[..., Image],
    make: Make,
    deployed: Callable[..., None],
) -> None:
    deployed(make.app(make.hosts_stack()), Release="", RegistryWebArn=ARN)
    assert resolve("v1", "").release == make.new


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "web has no repository of its own"),
        (
            {"A": ARN, "B": ARN.replace("web", "job")},
            "web has several repositories: shop-dev/web, shop-dev/job",
        ),
    ],
)
def test_a_tag_alone_is_refused_where_it_is_not_clear_of_what(
    resolve: Callable[..., Image],
    make: Make,
    deployed: Callable[..., None],
    parameters: dict[str, str],
    message: str,
) -> None:
    deployed(make.app(make.hosts_stack()), Release="", **parameters)
    with pytest.raises(InvalidInputError) as raised:
        resolve("v1", "")
    assert problem(raised)[0] == message


def test_a_tag_that_is_not_there_is_told_with_the_nearest_or_the_last_ones(
    resolve: Callable[..., Image], aws: FakeAws, make: Make
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        resolve(":v11", make.old)
    assert problem(raised) == (
        f"{make.repository} has no image of the tag v11",
        "did you mean 'v1'?",
    )
    many = tuple(f"build-{number}" for number in range(7))
    aws.images.repositories[make.repository] = [ImageFacts(digest=DIGEST, tags=many)]
    with pytest.raises(InvalidInputError) as raised:
        resolve(":zzz", make.old)
    told = "it has build-2, build-3, build-4, build-5, build-6, and 2 more"
    assert problem(raised)[1] == told
    aws.images.repositories[make.repository] = []
    with pytest.raises(InvalidInputError) as raised:
        resolve(":zzz", make.old)
    assert problem(raised)[1] == "it has no tag at all: push an image first"


def test_a_digest_that_is_not_there_is_told(resolve: Callable[..., Image], make: Make) -> None:
    with pytest.raises(InvalidInputError, match="has no image of the digest sha256:0"):
        resolve(make.old, "")


def test_a_tag_that_has_moved_on_is_told_and_the_digest_counts(
    resolve: Callable[..., Image], make: Make
) -> None:
    found = resolve(f"{make.repository}:v0@{DIGEST}", "")
    assert found.release == make.new
    assert found.notes == ("the tag v0 is of another image by now; the digest is what counts",)


def test_an_image_of_another_registry_is_taken_by_digest_alone_and_that_is_told(
    resolve: Callable[..., Image],
) -> None:
    found = resolve(f"ghcr.io/acme/web@{DIGEST}", "")
    assert (found.release, found.architectures) == (f"ghcr.io/acme/web@{DIGEST}", ())
    assert found.notes[0].startswith("ghcr.io/acme/web is not in ECR")
    with pytest.raises(InvalidInputError, match=r"name it by digest: ghcr\.io/acme/web@sha256:…"):
        resolve("ghcr.io/acme/web:v1", "")


def test_a_repository_of_another_region_is_asked_there(
    resolve: Callable[..., Image], aws: FakeAws, make: Make
) -> None:
    there = make.repository.replace("eu-central-1", "us-east-1")
    facts = ImageFacts(digest=DIGEST, tags=("v1",))
    aws.at(Place(region="us-east-1")).images.repositories[there] = [facts]
    assert resolve(f"{there}:v1", "").release == f"{there}@{DIGEST}"


def refusal(code: str) -> CloudError:
    error = CloudError(f"cannot find v1 in shop-dev/web: no ({code})", hint="lacks permission")
    error.__cause__ = ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeImages")
    return error


def test_a_repository_that_is_not_there_is_told_with_its_registry(
    resolve: Callable[..., Image], aws: FakeAws, make: Make
) -> None:
    aws.images.script(None, refusal("RepositoryNotFoundException"))
    with pytest.raises(InvalidInputError) as raised:
        resolve(f"{make.repository}:v1", "")
    assert problem(raised)[0] == (
        "there is no repository shop-dev/web in the registry of 123456789012 eu-central-1"
    )


def test_a_registry_that_does_not_let_in_says_so(
    resolve: Callable[..., Image], aws: FakeAws, make: Make
) -> None:
    aws.images.script(None, refusal("AccessDeniedException"))
    with pytest.raises(CloudError, match="AccessDeniedException"):
        resolve(f"{make.repository}:v1", "")
