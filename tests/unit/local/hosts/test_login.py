import sys
from base64 import b64encode
from collections.abc import Callable

import pytest
from botocore.stub import Stubber

from cdinfra.aws.connection import Clients, Connection
from cdinfra.errors import CloudError
from cdinfra.local.clock import Clock
from cdinfra.local.hosts.docker import Docker, DockerError
from cdinfra.local.hosts.image import BUILD_SECONDS
from cdinfra.local.hosts.login import STARTING, log_in
from cdinfra.local.refusals import NOT_RETRIED, NOT_YET

HOST = "127.0.0.1:5000"
TOKEN = {
    "authorizationData": [
        {
            "authorizationToken": b64encode(b"AWS:secret").decode(),
            "proxyEndpoint": f"http://{HOST}",
        }
    ]
}
CHECKING = f"""
import sys
fits = sys.argv[1:] == ["login", "--username", "AWS", "--password-stdin", "{HOST}"]
sys.exit(0 if fits and sys.stdin.read() == "secret" else "unauthorized")
"""
REFUSING = "import sys; sys.exit('unauthorized')"

Login = Callable[..., str]


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.slowness = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds + self.slowness


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def clients() -> Clients:
    return Clients(Connection(endpoint_url="http://127.0.0.1:1"))


@pytest.fixture
def ecr(clients: Clients) -> Stubber:
    stubber = Stubber(clients.client("ecr"))
    stubber.activate()
    return stubber


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def login(clients: Clients, time: Time, said: list[str]) -> Login:
    clock = Clock(now=lambda: time.seconds, sleep=time.sleep)

    def run(program: str = CHECKING) -> str:
        docker = Docker((sys.executable, "-c", program))
        return log_in(docker, clients, clock=clock, say=said.append)

    return run


def refuse(ecr: Stubber, message: str, status: int) -> None:
    ecr.add_client_error(
        "get_authorization_token", "ServerException", message, http_status_code=status
    )


def test_the_password_goes_to_the_registry_that_it_is_for(
    ecr: Stubber, login: Login, said: list[str]
) -> None:
    ecr.add_response("get_authorization_token", TOKEN)
    assert login() == HOST
    assert said == []


def test_a_registry_that_is_starting_is_waited_for_and_said_once(
    ecr: Stubber, login: Login, said: list[str]
) -> None:
    for _ in range(3):
        refuse(ecr, "the registry is still starting", NOT_YET)
    ecr.add_response("get_authorization_token", TOKEN)
    assert login() == HOST
    assert said == [STARTING]


def test_one_that_never_starts_is_one_sentence_in_the_end(
    ecr: Stubber, login: Login, time: Time
) -> None:
    for _ in range(2):
        refuse(ecr, "the registry is still starting", NOT_YET)
    time.slowness = BUILD_SECONDS
    with pytest.raises(CloudError, match="registry: the registry is still starting"):
        login()


def test_one_that_cannot_start_is_told_at_once(ecr: Stubber, login: Login, said: list[str]) -> None:
    refuse(ecr, "the local cloud has no registry: CDINFRA_HOSTS is off", NOT_RETRIED)
    with pytest.raises(CloudError) as caught:
        login()
    assert caught.value.message == (
        "cannot log in to the local cloud's registry: "
        "the local cloud has no registry: CDINFRA_HOSTS is off (ServerException)"
    )
    assert said == []


def test_a_registry_that_refuses_is_said_with_its_reason(ecr: Stubber, login: Login) -> None:
    ecr.add_response("get_authorization_token", TOKEN)
    with pytest.raises(DockerError, match=f"docker login {HOST}: unauthorized"):
        login(REFUSING)
