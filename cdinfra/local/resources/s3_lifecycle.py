"""Lifecycle rules of a bucket: as a template writes them, and as the API takes them."""

from collections.abc import Mapping
from typing import Any

from cdinfra.local.resources.contract import ResourceError

PLAIN = ("Status", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
EXPIRATION = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}
TRANSITION = {
    "TransitionInDays": "Days",
    "TransitionDate": "Date",
    "StorageClass": "StorageClass",
}
NONCURRENT_TRANSITION = {
    "TransitionInDays": "NoncurrentDays",
    "NewerNoncurrentVersions": "NewerNoncurrentVersions",
    "StorageClass": "StorageClass",
}
CARRIED = frozenset(
    {
        *PLAIN,
        *EXPIRATION,
        "Id",
        "NoncurrentVersionTransitions",
        "Prefix",
        "TagFilters",
        "Transitions",
    }
)


def api_rule(number: int, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template's rule in the API's form.

    Raises:
        ResourceError: The rule has a field that is not carried.
    """
    for name in rule:
        if name not in CARRIED:
            raise ResourceError(f"the local cloud does not carry {name} in a lifecycle rule")
    expiration = _renamed(rule, EXPIRATION)
    made: dict[str, Any] = {
        "ID": rule.get("Id") or f"rule-{number}",
        "Filter": _filter(rule),
        **{name: rule[name] for name in PLAIN if name in rule},
        **({"Expiration": expiration} if expiration else {}),
    }
    for name, names in (
        ("Transitions", TRANSITION),
        ("NoncurrentVersionTransitions", NONCURRENT_TRANSITION),
    ):
        if rule.get(name):
            made[name] = [_renamed(item, names) for item in rule[name]]
    return made


def _filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    tags = [dict(tag) for tag in rule.get("TagFilters") or ()]
    prefix = rule.get("Prefix")
    if len(tags) + (prefix is not None) > 1:
        return {"And": {"Tags": tags, **({} if prefix is None else {"Prefix": prefix})}}
    return {"Tag": tags[0]} if tags else {"Prefix": prefix or ""}


def template_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's rule as a template writes it."""
    chosen = rule.get("Filter", {})
    both = chosen.get("And", chosen)
    prefix = rule.get("Prefix") or both.get("Prefix")
    tags = both.get("Tags") or ([both["Tag"]] if "Tag" in both else [])
    return {
        "Id": rule["ID"],
        **{name: rule[name] for name in PLAIN if name in rule},
        **({"Prefix": prefix} if prefix else {}),
        **({"TagFilters": tags} if tags else {}),
        **_renamed(rule.get("Expiration", {}), _turned(EXPIRATION)),
        **{
            name: [_renamed(item, _turned(names)) for item in rule[name]]
            for name, names in (
                ("Transitions", TRANSITION),
                ("NoncurrentVersionTransitions", NONCURRENT_TRANSITION),
            )
            if rule.get(name)
        },
    }


def _renamed(source: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {new: source[old] for old, new in names.items() if old in source}


def _turned(names: Mapping[str, str]) -> dict[str, str]:
    return {new: old for old, new in names.items()}
