from typing import Any

import pytest

from cdinfra.local.resources.contract import ResourceError
from cdinfra.local.resources.s3_lifecycle import api_rule, template_rule

RULES: tuple[dict[str, Any], ...] = (
    {
        "Id": "a",
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    },
    {"Id": "b", "Status": "Disabled", "Prefix": "logs/", "ExpirationInDays": 30},
    {"Id": "c", "Status": "Enabled", "ExpiredObjectDeleteMarker": True},
    {
        "Id": "d",
        "Status": "Enabled",
        "Prefix": "x/",
        "TagFilters": [{"Key": "keep", "Value": "no"}],
        "Transitions": [{"TransitionInDays": 30, "StorageClass": "GLACIER"}],
        "NoncurrentVersionTransitions": [{"TransitionInDays": 3, "StorageClass": "GLACIER"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
    },
    {"Id": "e", "Status": "Enabled", "TagFilters": [{"Key": "k", "Value": "v"}]},
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["Id"])
def test_a_rule_survives_the_way_to_the_api_and_back(rule: dict[str, Any]) -> None:
    assert template_rule(api_rule(0, rule)) == rule


def test_a_field_that_is_not_carried_is_refused() -> None:
    with pytest.raises(ResourceError, match="does not carry ObjectSizeGreaterThan"):
        api_rule(0, {"Status": "Enabled", "ObjectSizeGreaterThan": "1"})


def test_a_rule_without_an_id_gets_one_by_its_place() -> None:
    assert api_rule(3, {"Status": "Enabled"})["ID"] == "rule-3"
