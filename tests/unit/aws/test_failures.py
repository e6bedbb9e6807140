from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOTokenLoadError,
)
from botocore.exceptions import NoCredentialsError as NoneFound

from cdinfra.aws.cloudformation import CloudFormation
from cdinfra.aws.connection import Clients, Connection
from cdinfra.aws.failures import calling, is_access_denied, is_outdated, is_passing
from cdinfra.errors import (
    CdinfraError,
    CloudError,
    InvalidInputError,
    LocalCloudError,
    NoCredentialsError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.aws.conftest import Script

REAL = Connection(region="eu-central-1")
LOCAL = Connection(region="eu-central-1", endpoint_url="http://127.0.0.1:4566")


class Nothing(Clients):
    def client(self, service: str, *, hurried: bool = False) -> object:
        del hurried
        return service


def raised(error: Exception, connection: Connection = REAL) -> CdinfraError:
    with pytest.raises(CdinfraError) as caught, calling(Nothing(connection), "ec2", "look"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("Throttling", ThrottledError),
        ("RequestLimitExceeded", ThrottledError),
        ("SlowDown", ThrottledError),
        ("ExpiredToken", NoCredentialsError),
        ("InvalidClientTokenId", NoCredentialsError),
        ("UnrecognizedClientException", NoCredentialsError),
        ("AccessDenied", CloudError),
        ("ValidationError", CloudError),
    ],
)
def test_what_aws_refuses_becomes_an_error_of_ours(
    script: Callable[..., Script], code: str, kind: type[CdinfraError]
) -> None:
    cloud = script("cloudformation")
    cloud.refuse("describe_stack_events", code, "because")
    with pytest.raises(kind) as caught:
        next(CloudFormation(cloud.clients).describe_events("one"))
    assert type(caught.value) is kind
    assert caught.value.message == f"cannot read the events of one: because ({code})"
    assert is_access_denied(caught.value) == (code == "AccessDenied")


@pytest.mark.parametrize(
    "error",
    [
        NoneFound(),
        PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        SSOTokenLoadError(error_msg="expired"),
    ],
)
def test_missing_credentials_say_how_to_get_some(error: Exception) -> None:
    found = raised(error)
    assert isinstance(found, NoCredentialsError)
    assert "sign in again" in found.hint


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="x"),
        ConnectTimeoutError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
    ],
)
def test_a_cloud_that_does_not_answer_is_told_by_which_one_it_is(error: Exception) -> None:
    assert type(raised(error)) is CloudError
    assert "network connection" in raised(error).hint
    local = raised(error, LOCAL)
    assert isinstance(local, LocalCloudError)
    assert local.message == "cannot look: the local cloud at http://127.0.0.1:4566 does not answer"
    assert local.hint == "start it with: cdinfra local up"


def test_a_missing_region_is_wrong_input() -> None:
    found = raised(NoRegionError())
    assert isinstance(found, InvalidInputError)
    assert "--region" in found.message


def test_an_unknown_profile_is_wrong_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    found = raised(ProfileNotFound(profile="shp"), Connection(profile="shp"))
    assert isinstance(found, InvalidInputError)
    assert found.message.startswith("profile: 'shp' is not configured")


def test_an_unknown_profile_of_the_environment_names_the_nearest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile production]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "prodction")
    with pytest.raises(InvalidInputError) as caught:
        CloudFormation(Clients(REAL)).describe_stacks()
    assert str(caught.value) == (
        "profile: 'prodction' is not configured (did you mean 'production'?)"
    )


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> str:
    """Make botocore call a port of this machine where nobody listens, once."""
    address = "http://127.0.0.1:9"
    for name, value in {
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setattr("cdinfra.aws.connection.MAX_ATTEMPTS", 1)
    return address


def refusal(region: str | None = "eu-central-1") -> CdinfraError:
    with pytest.raises(CdinfraError) as caught:
        CloudFormation(Clients(Connection(region=region))).describe_stacks()
    return caught.value


def test_no_network_is_told(closed: str) -> None:
    error = refusal()
    assert closed in error.message
    assert error.hint == "is there a network connection?"
    assert is_passing(error)


def test_a_region_that_does_not_exist_names_the_nearest(closed: str) -> None:
    assert closed in refusal("eu-cental-1").message
    assert refusal("eu-cental-1").hint == (
        "region: 'eu-cental-1' is none (did you mean 'eu-central-1'?)"
    )


@pytest.mark.usefixtures("closed")
def test_a_region_that_can_be_none_is_wrong_input() -> None:
    error = refusal("eu central 1")
    assert isinstance(error, InvalidInputError)
    assert error.problems[0].path == "region"


@pytest.mark.usefixtures("closed")
def test_no_credentials_are_told_before_anything_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    error = refusal()
    assert isinstance(error, NoCredentialsError)
    assert error.message == "cannot describe the stacks: Unable to locate credentials"


@pytest.mark.usefixtures("closed")
def test_a_session_token_that_cannot_be_sent_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "very-secret\n")
    error = refusal()
    assert isinstance(error, NoCredentialsError)
    assert "secret" not in error.message + error.hint


@pytest.mark.usefixtures("closed")
def test_an_endpoint_that_is_no_address_is_wrong_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    error = refusal()
    assert isinstance(error, InvalidInputError)
    assert str(error) == "AWS configuration: Invalid endpoint: nonsense"


def test_a_change_set_that_is_gone_is_outdated(script: Callable[..., Script]) -> None:
    for code, expected in (("ChangeSetNotFound", True), ("ValidationError", False)):
        cloud = script("cloudformation")
        cloud.refuse("execute_change_set", code)
        with pytest.raises(CloudError) as caught:
            CloudFormation(cloud.clients).execute_change_set("arn", "token")
        assert is_outdated(caught.value) is expected


def test_any_other_error_of_botocore_is_a_cloud_error() -> None:
    assert type(raised(BotoCoreError())) is CloudError


def test_errors_that_are_not_botocores_stay_what_they_are() -> None:
    with pytest.raises(KeyError), calling(Nothing(REAL), "ec2", "look"):
        raise KeyError


def test_only_what_may_pass_is_asked_again(script: Callable[..., Script]) -> None:
    assert is_passing(raised(EndpointConnectionError(endpoint_url="x")))
    assert is_passing(ThrottledError("slow down"))
    assert not is_passing(raised(EndpointConnectionError(endpoint_url="x"), LOCAL))
    assert not is_passing(raised(NoneFound()))
    assert not is_passing(raised(ParamValidationError(report="too short")))
    for status, expected in ((400, False), (403, False), (500, True), (503, True)):
        cloud = script("cloudformation")
        cloud.refuse("describe_stack_events", "InternalFailure", status=status)
        with pytest.raises(CloudError) as caught:
            next(CloudFormation(cloud.clients).describe_events("one"))
        assert is_passing(caught.value) is expected
