from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.deploy.template_body import INLINE_LIMIT
from cdinfra.errors import InvalidInputError

if TYPE_CHECKING:
    from tests.functional.deploy.conftest import Make, Plain, Shop


def large(make: Make, *, marks: str = "x") -> Plain:
    group = {"Type": "AWS::Logs::LogGroup", "Metadata": {"Text": marks * INLINE_LIMIT}}
    return make.plain(name="large", resources={"Group": group})


def foundation(make: Make) -> Plain:
    return make.plain(
        name="foundation",
        resources={"Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}},
        outputs={"BucketName": {"Ref": "Bucket"}},
        foundational=True,
    )


def test_the_first_deployment_of_all_brings_the_bucket_and_then_the_large_template(
    shop: Shop, make: Make
) -> None:
    stacks = (foundation(make), large(make))
    assert [str(each.outcome) for each in shop.up(*stacks).stacks] == ["created", "created"]
    assert [str(each.outcome) for each in shop.up(*stacks).stacks] == ["unchanged", "unchanged"]
    changed = (foundation(make), large(make, marks="y"))
    assert [str(each.outcome) for each in shop.up(*changed).stacks] == ["unchanged", "updated"]


def test_an_app_without_a_bucket_is_told_so_before_anything_is_done(shop: Shop, make: Make) -> None:
    with pytest.raises(InvalidInputError) as caught:
        shop.up(make.logs(), large(make))
    assert "above 51,200 it has to lie in the app's bucket" in caught.value.message
    assert "add Foundation() to the app" in caught.value.message
    assert [each.verb for each in shop.diff(make.logs()).actions] == ["create"]
