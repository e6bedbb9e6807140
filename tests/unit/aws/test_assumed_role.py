"""Sessions of a role: botocore's own credentials, and an STS that only notes what it is asked."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from cdinfra.aws.assumed_role import assume_role
from cdinfra.aws.cloud import connect
from cdinfra.aws.connection import Connection
from cdinfra.errors import NoCredentialsError
from cdinfra.model import HOME, Place

ROLE = "arn:aws:iam::210987654321:role/deployer"


@dataclass
class Sts:
    """Gives sessions that end after so many minutes."""

    minutes: int = 60
    denied: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)

    def assume_role(self, **arguments: str) -> dict[str, Any]:
        self.asked.append(arguments)
        if self.denied:
            answer = {"Error": {"Code": "AccessDenied", "Message": "is not authorized"}}
            raise ClientError(answer, "AssumeRole")
        return {
            "Credentials": {
                "AccessKeyId": f"key-{len(self.asked)}",
                "SecretAccessKey": "secret",
                "SessionToken": "token",
                "Expiration": datetime.now(UTC) + timedelta(minutes=self.minutes),
            }
        }


def session_with(sts: Sts, external_id: str | None = None) -> Any:
    session = botocore.session.Session()
    assume_role(session, role_arn=ROLE, external_id=external_id, find_sts=lambda: sts)
    return session


def key_of(session: Any) -> str:
    return str(session.get_credentials().get_frozen_credentials().access_key)


def test_a_role_is_assumed_once_and_not_before_it_is_needed() -> None:
    sts = Sts()
    session = session_with(sts)
    assert not sts.asked
    assert (key_of(session), key_of(session)) == ("key-1", "key-1")
    assert sts.asked == [{"RoleArn": ROLE, "RoleSessionName": "cdinfra"}]


def test_a_session_that_ends_soon_is_renewed() -> None:
    session = session_with(Sts(minutes=5))
    assert (key_of(session), key_of(session)) == ("key-1", "key-2")


def test_an_external_id_is_handed_on() -> None:
    sts = Sts()
    key_of(session_with(sts, external_id="shop"))
    assert sts.asked[0]["ExternalId"] == "shop"


def test_a_role_that_may_not_be_assumed_is_named_and_is_no_missing_permission_elsewhere() -> None:
    session = session_with(Sts(denied=True))
    with pytest.raises(NoCredentialsError) as caught:
        key_of(session)
    assert caught.value.message == f"cannot act as the role {ROLE}: is not authorized"
    assert "trust policy" in caught.value.hint
    assert caught.value.__cause__ is None


def test_the_variables_of_the_environment_do_not_replace_the_role(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "caller")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "caller")
    assert key_of(session_with(Sts())) == "key-1"


def test_the_own_place_has_the_own_services_and_another_one_its_own() -> None:
    own = connect(Connection(region="eu-central-1"))
    assert own.at(HOME) is own
    assert own.at(Place(region="us-east-1")).clients.connection.region == "us-east-1"


def test_a_connection_to_another_place_keeps_what_the_place_does_not_say() -> None:
    own = Connection(region="eu-central-1", profile="work")
    assert own.at(HOME) == own
    there = own.at(Place(account_role=ROLE, external_id="shop"))
    assert (there.region, there.profile) == ("eu-central-1", "work")
    assert (there.account_role, there.external_id) == (ROLE, "shop")
    assert there.at(Place(region="us-east-1")).account_role == ROLE
