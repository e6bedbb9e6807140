import json
from hashlib import sha256

import pytest

from cdinfra.local.hosts.registry.manifest import read_manifest

IMAGE = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 7, "digest": "c"},
    "layers": [{"size": 100, "digest": "a"}, {"size": 20, "digest": "b"}],
}


def test_a_digest_is_of_the_very_bytes() -> None:
    text = json.dumps(IMAGE, indent=3)

    assert read_manifest(text, None).digest == f"sha256:{sha256(text.encode()).hexdigest()}"
    assert read_manifest(text.encode(), None).body == text.encode()


def test_an_image_is_as_large_as_its_layers_and_its_configuration() -> None:
    manifest = read_manifest(json.dumps(IMAGE), None)

    assert manifest.size == 127
    assert manifest.artifact_media_type == "application/vnd.oci.image.config.v1+json"
    assert manifest.media_type == IMAGE["mediaType"]


def test_a_media_type_that_is_told_beside_it_wins() -> None:
    assert read_manifest("{}", "application/x").media_type == "application/x"


def test_an_index_lists_its_images() -> None:
    index = {"manifests": [{"digest": "sha256:1"}, {"digest": "sha256:2"}]}
    manifest = read_manifest(json.dumps(index), "application/vnd.oci.image.index.v1+json")

    assert manifest.listed == {"sha256:1", "sha256:2"}
    assert manifest.artifact_media_type is None


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '"text"', b"\xff"])
def test_what_is_no_json_object_is_no_manifest(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_manifest(text, None)
