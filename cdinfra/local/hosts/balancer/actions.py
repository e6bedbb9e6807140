"""Reads what a rule does, as the API has it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cdinfra.local.hosts.balancer.model import (
    Action,
    FixedResponse,
    Forward,
    NotCarried,
    Redirect,
    Share,
)
from cdinfra.local.hosts.balancer.quoting import PRINTABLE

PROTOCOLS = ("HTTP", "HTTPS", "#{protocol}")
REDIRECTS = {"HTTP_301": 301, "HTTP_302": 302}
STATUS = re.compile(r"[245]\d\d")


def read_action(given: Sequence[Mapping[str, Any]]) -> Action:
    """Read the actions of a rule; what is not carried becomes an answer that says so.

    Args:
        given: The actions, as the API has them.
    """
    ordered = sorted(given, key=lambda action: int(action.get("Order") or 0))
    for action in ordered:
        kind = str(action.get("Type"))
        match kind:
            case "forward":
                return _forward(action)
            case "redirect":
                return _redirect(action.get("RedirectConfig") or {})
            case "fixed-response":
                return _fixed(action.get("FixedResponseConfig") or {})
            case _:
                return NotCarried(what=f"an action of type {kind}")
    return NotCarried(what="a rule without an action")


def _forward(action: Mapping[str, Any]) -> Action:
    config = action.get("ForwardConfig") or {}
    listed = config.get("TargetGroups") or [{"TargetGroupArn": action.get("TargetGroupArn")}]
    shares = tuple(
        Share(group=str(each["TargetGroupArn"]), weight=int(each.get("Weight", 1)))
        for each in listed
    )
    stickiness = config.get("TargetGroupStickinessConfig") or {}
    if len(shares) > 1 and str(stickiness.get("Enabled")).lower() == "true":
        return NotCarried(what="the stickiness of a forward action")
    if all(share.weight == 0 for share in shares):
        return NotCarried(what="a forward action whose weights are all 0")
    return Forward(shares=shares)


def _redirect(given: Mapping[str, Any]) -> Action:
    texts = {
        name: str(given.get(name) or default)
        for name, default in (
            ("Protocol", "#{protocol}"),
            ("Host", "#{host}"),
            ("Port", "#{port}"),
            ("Path", "/#{path}"),
        )
    }
    query = given.get("Query")
    texts["Query"] = "#{query}" if query is None else str(query)
    for name, text in texts.items():
        if PRINTABLE.fullmatch(text) is None or " " in text:
            return NotCarried(what=f"the {name.lower()} {text!r} of a redirect")
    status = REDIRECTS.get(str(given.get("StatusCode")))
    if status is None or texts["Protocol"] not in PROTOCOLS:
        return NotCarried(what=f"a redirect {given.get('StatusCode')} to {texts['Protocol']!r}")
    return Redirect(
        status=status,
        protocol=texts["Protocol"],
        host=texts["Host"],
        port=texts["Port"],
        path=texts["Path"],
        query=texts["Query"],
    )


def _fixed(given: Mapping[str, Any]) -> Action:
    status = str(given.get("StatusCode"))
    content_type = str(given.get("ContentType") or "")
    if STATUS.fullmatch(status) is None or PRINTABLE.fullmatch(content_type) is None:
        return NotCarried(what=f"a fixed response {status!r} of type {content_type!r}")
    body = str(given.get("MessageBody") or "")
    return FixedResponse(status=int(status), content_type=content_type, body=body)
