import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cdinfra.local.hosts.registry.access import Access
from cdinfra.local.hosts.registry.signing import make_signing_key
from cdinfra.local.hosts.registry.tokens import LEEWAY, LIFETIME, Tokens

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEB = Access(repository="shop/web", actions=frozenset({"pull", "push"}))
KEY = make_signing_key(NOW)


def tokens_at(moment: datetime, key: Any = KEY) -> Tokens:
    return Tokens(key, now=lambda: moment)


def part(token: str, index: int) -> Any:
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def test_a_token_says_what_its_bearer_may_do_in_one_registry() -> None:
    token = tokens_at(NOW).write([WEB], service="here")

    assert tokens_at(NOW).read(token, "here") == (WEB,)
    assert tokens_at(NOW).read(token, "elsewhere") == ()


def test_a_token_has_the_claims_and_the_certificate_that_a_registry_looks_for() -> None:
    token = tokens_at(NOW).write([WEB], service="here")

    header, claims = part(token, 0), part(token, 1)
    assert header["alg"] == "ES256"
    certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
    assert certificate.public_bytes(Encoding.PEM).decode() == KEY.certificate
    assert claims["access"] == [
        {"type": "repository", "name": "shop/web", "actions": ["pull", "push"]}
    ]
    assert (claims["iss"], claims["aud"]) == ("cdinfra", "here")
    assert claims["nbf"] < claims["iat"] < claims["exp"]


def test_no_action_is_no_entry() -> None:
    nothing = Access(repository="shop/web", actions=frozenset())

    assert part(tokens_at(NOW).write([nothing], service="here"), 1)["access"] == []


def test_a_token_is_over_after_its_lifetime() -> None:
    token = tokens_at(NOW).write([WEB], service="here")

    assert tokens_at(NOW + LIFETIME).read(token, "here") == (WEB,)
    late = NOW + LIFETIME + LEEWAY + timedelta(seconds=1)
    assert tokens_at(late).read(token, "here") == ()


def test_a_token_of_somebody_elses_key_or_a_changed_one_lets_nobody_in() -> None:
    stranger = tokens_at(NOW, make_signing_key(NOW)).write([WEB], service="here")
    head, claims, signature = tokens_at(NOW).write([WEB], service="here").split(".")
    other = claims[:-2] + ("AA" if claims[-2:] != "AA" else "BB")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")

    for bad in (
        stranger,
        f"{head}.{other}.{signature}",
        f"{unsigned}.{claims}.",
        "",
        "no token",
        "a.b.c",
    ):
        assert tokens_at(NOW).read(bad, "here") == ()
