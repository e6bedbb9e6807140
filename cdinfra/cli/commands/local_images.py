"""``cdinfra local image`` and ``local login``: what images for the local cloud begin with."""

import os
import sys

import click

from cdinfra.aws.connection import Clients
from cdinfra.cli.command import Command
from cdinfra.cli.local_cloud import running
from cdinfra.cli.options import Request, local_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.screen import result, tell
from cdinfra.local.clock import Clock
from cdinfra.local.hosts.engine import need_engine
from cdinfra.local.hosts.image import Images, Target
from cdinfra.local.hosts.login import log_in


@click.command(
    "image", cls=Command, examples=("docker build --build-arg BASE=$(cdinfra local image) .",)
)
@local_options
def local_image(request: Request) -> None:
    """Name the Debian image that local hosts stand on, for images of one's own.

    It is made from Debian's packages where it is missing, without a hub.
    """
    say = tell if sys.stderr.isatty() else _nothing
    name = Images(need_engine(os.environ), say=say).need(Target.BASE)
    result(document({"image": name}) if request.as_json else name)


@click.command("login", cls=Command, examples=("cdinfra local login",))
@local_options
def local_login(request: Request) -> None:
    """Log the Docker client in to the local cloud's registry, and name it.

    As `aws ecr get-login-password | docker login` does it for ECR. A registry that is
    starting is waited for.
    """
    docker, clients = need_engine(os.environ), Clients(running(request).connection())
    registry = log_in(docker, clients, clock=Clock(), say=tell)
    result(document({"registry": registry}) if request.as_json else registry)


def _nothing(_: str) -> None:
    pass
