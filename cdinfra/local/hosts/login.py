"""Logs the Docker client in to the local cloud's registry, as one logs in to ECR."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.failures import calling, http_status
from cdinfra.errors import CloudError
from cdinfra.local.clock import Clock
from cdinfra.local.hosts.docker import Docker, DockerError
from cdinfra.local.hosts.image import BUILD_SECONDS
from cdinfra.local.refusals import NOT_YET

PAUSE_SECONDS = 1.0
"""Between two questions; each is answered only when the registry is there, or after a while."""

STARTING = "The registry is starting …"


def log_in(docker: Docker, clients: Clients, *, clock: Clock, say: Callable[[str], None]) -> str:
    """Log in and return the registry: ``host:port``; one that is starting is waited for.

    Args:
        docker: The client; the password goes to its standard input.
        clients: The services of the local cloud.
        clock: Time.
        say: Told in a sentence, once, what is waited for.

    Raises:
        CloudError: There is no registry, or it does not start.
        DockerError: The registry refuses.
    """
    found = _authorization(clients, clock, say)
    user, _, password = b64decode(found["authorizationToken"]).decode().partition(":")
    registry = str(found["proxyEndpoint"]).partition("://")[2]
    ran = docker.attempt(
        *("login", "--username", user, "--password-stdin", registry), stdin=password.encode()
    )
    if ran.code != 0:
        message = f"docker login {registry}: {ran.reason}"
        raise DockerError(message, hint="is the local cloud's registry up? see `docker ps`")
    return registry


def _authorization(clients: Clients, clock: Clock, say: Callable[[str], None]) -> Any:  # noqa: ANN401 - as boto3 has it
    deadline, said = clock.now() + BUILD_SECONDS, False
    while True:
        try:
            with calling(clients, "ecr", "log in to the local cloud's registry") as ecr:
                return ecr.get_authorization_token()["authorizationData"][0]
        except CloudError as error:
            if http_status(error) != NOT_YET or clock.now() >= deadline:
                raise
        if not said:
            say(STARTING)
            said = True
        clock.sleep(PAUSE_SECONDS)
