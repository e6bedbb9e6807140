"""Logs the Docker client in to the local cloud's registry, as one logs in to ECR."""

from base64 import b64decode

from cdinfra.aws.connection import Clients, Connection
from cdinfra.local.hosts.docker import Docker, DockerError


def log_in(docker: Docker, connection: Connection) -> str:
    """Log in and return the registry: ``host:port``.

    Args:
        docker: The client; the password goes to its standard input.
        connection: The connection to the local cloud.

    Raises:
        DockerError: The registry refuses, or there is none.
    """
    found = Clients(connection).client("ecr").get_authorization_token()["authorizationData"][0]
    user, _, password = b64decode(found["authorizationToken"]).decode().partition(":")
    registry = str(found["proxyEndpoint"]).partition("://")[2]
    ran = docker.attempt(
        *("login", "--username", user, "--password-stdin", registry), stdin=password.encode()
    )
    if ran.code != 0:
        message = f"docker login {registry}: {ran.reason}"
        raise DockerError(message, hint="is the local cloud's registry up? see `docker ps`")
    return registry
