import json
from typing import Any

import pytest
from moto.ecr.exceptions import ImageAlreadyExistsException

from cdinfra.local.hosts.registry.manifest import Manifest, read_manifest
from cdinfra.local.hosts.registry.records import (
    ImageTagAlreadyExistsError,
    Records,
    is_immutable,
)


def manifest(layer: str, size: int = 10) -> Manifest:
    document = {"config": {"size": 1}, "layers": [{"digest": layer, "size": size}]}
    return read_manifest(json.dumps(document), "application/x")


def stored() -> bool:
    return True


def test_a_pushed_image_is_found_by_tag_and_by_digest(records: Records, repository: Any) -> None:
    pushed = manifest("a")
    image = records.push(repository, pushed, "v1", store=stored)

    assert records.find(repository, "v1") is image
    assert records.find(repository, pushed.digest) is image
    assert records.find(repository, "v2") is None
    assert image is not None
    assert (image.image_digest, image.image_size_in_bytes) == (pushed.digest, 11)


def test_an_image_whose_tag_moves_on_stays_without_a_tag(records: Records, repository: Any) -> None:
    old, new = manifest("a"), manifest("b")
    records.push(repository, old, "latest", store=stored)
    records.push(repository, new, "latest", store=stored)

    found = records.find(repository, old.digest)
    assert found is not None
    assert (found.image_tags, found.image_tag) == ([], None)
    assert records.find(repository, "latest").image_digest == new.digest
    assert records.tags(repository) == ("latest",)


def test_one_image_may_have_several_tags(records: Records, repository: Any) -> None:
    for tag in ("b", "a", "b"):
        records.push(repository, manifest("a"), tag, store=stored)

    assert records.tags(repository) == ("a", "b")
    assert len(repository.images) == 1


def test_what_the_registry_does_not_take_is_not_recorded(records: Records, repository: Any) -> None:
    assert records.push(repository, manifest("a"), "v1", store=lambda: False) is None
    assert repository.images == []


def test_an_immutable_tag_is_refused_before_anything_is_stored(
    records: Records, repository: Any
) -> None:
    records.push(repository, manifest("a"), "v1", store=stored)
    repository.image_tag_mutability = "IMMUTABLE"
    asked: list[str] = []

    def store() -> bool:
        asked.append("stored")
        return True

    for again in (manifest("b"), manifest("a")):
        with pytest.raises(ImageTagAlreadyExistsError, match="The image tag 'v1' already exists"):
            records.push(repository, again, "v1", store=store)
    assert asked == []
    assert records.find(repository, "v1").image_digest == manifest("a").digest
    assert records.push(repository, manifest("b"), "v2", store=store)


@pytest.mark.parametrize(
    ("mutability", "filters", "tag", "expected"),
    [
        ("MUTABLE", None, "v1", False),
        ("IMMUTABLE", None, "v1", True),
        ("IMMUTABLE_WITH_EXCLUSION", ["latest", "dev-*"], "v1", True),
        ("IMMUTABLE_WITH_EXCLUSION", ["latest", "dev-*"], "latest", False),
        ("IMMUTABLE_WITH_EXCLUSION", ["latest", "dev-*"], "dev-7", False),
        ("IMMUTABLE_WITH_EXCLUSION", ["latest"], "latest2", True),
        ("MUTABLE_WITH_EXCLUSION", ["v*"], "v1", True),
        ("MUTABLE_WITH_EXCLUSION", ["v*"], "dev", False),
    ],
)
def test_filters_name_the_exceptions(
    repository: Any, mutability: str, filters: list[str] | None, tag: str, expected: bool
) -> None:
    repository.image_tag_mutability = mutability
    repository.image_tag_mutability_exclusion_filters = [
        {"filter": each, "filterType": "WILDCARD"} for each in filters or ()
    ]

    assert is_immutable(repository, tag) is expected


def test_the_api_refuses_what_changes_nothing(records: Records, repository: Any) -> None:
    records.put(repository, manifest("a"), "v1", store=stored)

    for tag in ("v1", None):
        with pytest.raises(ImageAlreadyExistsException):
            records.put(repository, manifest("a"), tag, store=stored)
    assert records.put(repository, manifest("a"), "v2", store=stored)


def test_an_index_is_as_large_as_its_largest_image(records: Records, repository: Any) -> None:
    small, large = manifest("a", 10), manifest("b", 500)
    for each in (small, large):
        records.push(repository, each, None, store=stored)
    listed = {"manifests": [{"digest": small.digest}, {"digest": large.digest}]}
    index = read_manifest(json.dumps(listed), "application/vnd.oci.image.index.v1+json")

    image = records.push(repository, index, "v1", store=stored)

    assert image is not None
    assert image.image_size_in_bytes == 501
