"""Where AWS calls go: a real account, or the local cloud. Nothing goes anywhere by default."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from types import MappingProxyType
from typing import Any, Self

from cdinfra.aws.assumed_role import assume_role
from cdinfra.aws.regions import region_problem
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.model import Place

LOCAL_REGION = "eu-central-1"
"""Region of the local cloud where neither the app nor the command line names one."""

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60
MAX_ATTEMPTS = 10
MAX_CONNECTIONS = 32
"""As many as there are threads that ever share one connection; botocore keeps 10 by itself."""

LOCAL_MAX_ATTEMPTS = 3
"""Fewer for the local cloud: where nobody listens, the tenth try fails as the first one did."""

HURRIED_TIMEOUT_SECONDS = 4
HURRIED_MAX_ATTEMPTS = 2
"""For what is only good to know: whoever waits for the rest shall not wait for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One cloud, seen from one region and one account.

    Attributes:
        region: AWS region; None leaves it to the AWS configuration.
        endpoint_url: The local cloud's address. Set means: made-up credentials, and
            no other address is ever called. None means a real account.
        profile: Profile of the AWS configuration, for a real account.
        local_account: The account that the local cloud plays; None for its usual one.
        account_role: ARN of the role to act as, which may be in another account; None to
            act as the caller.
        external_id: What the role's trust policy asks for; None for nothing.
    """

    region: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None
    local_account: str | None = None
    account_role: str | None = None
    external_id: str | None = None

    def at(self, place: Place) -> Self:
        """Return the connection to another place of the same cloud."""
        return replace(
            self,
            region=place.region or self.region,
            account_role=place.account_role or self.account_role,
            external_id=place.external_id if place.account_role else self.external_id,
        )

    @property
    def local_key(self) -> str:
        """The access key for the local cloud, which takes an account's number as one."""
        place = Place(account_role=self.account_role)
        return place.account_id or self.local_account or LOCAL_CREDENTIAL

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with which another program reaches this cloud.

        Whatever runs beside the local cloud shall no more reach an account than cdinfra
        itself does: every variable of AWS clients is taken out.
        Source: AWS SDKs and tools reference guide, "Environment variables".

        Args:
            own: The variables of this process.
        """
        region = self.region or (LOCAL_REGION if self.endpoint_url else None)
        regions = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), region) if region else {}
        if self.endpoint_url is None and self.profile is None:
            return {**own, **regions}
        if self.endpoint_url is None:
            # A profile that is named switches the variables off, here as there.
            kept = {name: each for name, each in own.items() if name not in CREDENTIAL_VARIABLES}
            return {**kept, **regions, "AWS_PROFILE": str(self.profile)}
        return {
            **{name: value for name, value in own.items() if not name.startswith("AWS_")},
            **regions,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.local_key,
            "AWS_SECRET_ACCESS_KEY": LOCAL_CREDENTIAL,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


CREDENTIAL_VARIABLES = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    }
)
"""Variables that botocore would rather follow than a profile in ``AWS_PROFILE``.

Source: botocore/credentials.py, ``create_credential_resolver``; boto3 guide, "Credentials".
"""

LOCAL_CREDENTIAL = "local"
"""The local cloud asks for some, and takes any."""

_ALONE: Mapping[str, tuple[Any, Any, Any, Any]] = MappingProxyType(
    {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
)
"""Lets botocore read neither files nor variables: they are about accounts, not the local cloud.

Source: botocore/configprovider.py, ``BOTOCORE_DEFAUT_SESSION_VARIABLES``.
"""


class Clients:
    """boto3 clients of one connection, made when first asked for and then kept.

    Safe to use from several threads: making a client is not thread-safe in
    boto3, using one is.
    Source: boto3 guide, "Clients", "Multithreading or multiprocessing with clients".
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._lock = Lock()
        self._session: Any = None
        self._clients: dict[tuple[str, bool], Any] = {}

    def client(self, service: str, *, hurried: bool = False) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Return the client of a service, for example ``ec2``.

        Args:
            service: Its name in boto3.
            hurried: Whether its calls are to give up soon.

        Raises:
            botocore.exceptions.BotoCoreError: The configuration names no region or profile.
            InvalidInputError: A setting that should be an address is none.
        """
        with self._lock:
            if (service, hurried) not in self._clients:
                self._session = self._session or _session(self.connection)
                self._clients[service, hurried] = self._make(service, hurried=hurried)
            return self._clients[service, hurried]

    def renew(self) -> None:
        """Forget the session and its clients: the next call reads the credentials anew."""
        with self._lock:
            self._session = None
            self._clients = {}

    def region_problem(self) -> Problem | None:
        """Return what is wrong with the region in use; None where botocore knows it."""
        region = self._session.region_name if self._session else self.connection.region
        return region_problem(self._session, region) if self._session and region else None

    def _make(self, service: str, *, hurried: bool) -> Any:  # noqa: ANN401 - see client
        from botocore.config import Config  # noqa: PLC0415 - boto3 is slow to import
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - as above

        endpoint_url = self.connection.endpoint_url
        attempts = LOCAL_MAX_ATTEMPTS if endpoint_url else MAX_ATTEMPTS
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            max_pool_connections=MAX_CONNECTIONS,
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
        if hurried:
            config = config.merge(
                Config(
                    connect_timeout=HURRIED_TIMEOUT_SECONDS,
                    read_timeout=HURRIED_TIMEOUT_SECONDS,
                    retries={"mode": "standard", "total_max_attempts": HURRIED_MAX_ATTEMPTS},
                )
            )
        if endpoint_url:
            config = config.merge(
                Config(
                    # Path-style: a bucket's name is no host on a loopback address.
                    s3={"addressing_style": "path"},
                    # A proxy of the environment would get calls that are for this machine.
                    proxies={},
                    defaults_mode="legacy",  # type: ignore[arg-type] # the stub says bool
                )
            )
        try:
            return self._session.client(service, endpoint_url=endpoint_url, config=config)
        except ValueError as error:
            if isinstance(error, BotoCoreError):
                raise
            # An AWS_ENDPOINT_URL that is no address.
            problem = Problem(path="AWS configuration", message=str(error))
            raise InvalidInputError(problem) from error


def _session(connection: Connection) -> Any:  # noqa: ANN401 - see Clients.client
    import boto3  # noqa: PLC0415 - slow to import
    import botocore.session  # noqa: PLC0415 - slow to import

    is_local = connection.endpoint_url is not None
    settings = botocore.session.Session(session_vars=dict(_ALONE) if is_local else None)
    if connection.account_role is not None:
        caller = Clients(replace(connection, account_role=None, external_id=None))
        assume_role(
            settings,
            role_arn=connection.account_role,
            external_id=connection.external_id,
            find_sts=lambda: caller.client("sts"),
        )
    if not is_local:
        return boto3.Session(
            botocore_session=settings,
            region_name=connection.region,
            profile_name=connection.profile,
        )
    key = None if connection.account_role else connection.local_key
    return boto3.Session(
        botocore_session=settings,
        region_name=connection.region or LOCAL_REGION,
        aws_access_key_id=key,
        aws_secret_access_key=key,
    )
