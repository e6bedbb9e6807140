"""The options that say how hosts are reached, and the transport that they come to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any

import click

from cdinfra.aws.cloud import Aws
from cdinfra.cli.access import access
from cdinfra.cli.options import Callback, Cloud, Request
from cdinfra.errors import InvalidInputError, Problem
from cdinfra.rollout.transport import Transport


class TransportName(StrEnum):
    """How hosts are reached."""

    SSM = "ssm"
    SSH = "ssh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the options say of how hosts are reached.

    Attributes:
        transport: By what.
        ssh_user: Whom to be there; None for the usual one.
        ssh_key: File of the key that lets in; None for one of EC2 Instance Connect.
    """

    transport: TransportName = TransportName.SSM
    ssh_user: str | None = None
    ssh_key: Path | None = None

    @contextmanager
    def opened(self, request: Request, aws: Aws) -> Iterator[Transport]:
        """Yield the transport; what it made for this run is gone when it is left.

        Args:
            request: The shared options.
            aws: The place of the hosts.

        Raises:
            InvalidInputError: The options contradict each other.
            CdinfraError: OpenSSH is not installed.
        """
        if self.transport is TransportName.SSM:
            self._refuse_ssh_options()
            from cdinfra.rollout.transports.ssm import SsmTransport  # noqa: PLC0415 - one of two

            yield SsmTransport(aws)
            return
        from cdinfra.rollout.transports.ssh import open_ssh  # noqa: PLC0415 - one of two
        from cdinfra.rollout.transports.ssh_command import (  # noqa: PLC0415 - one of two
            DEFAULT_USER,
            SshSettings,
        )

        is_aws = request.cloud is Cloud.AWS
        settings = SshSettings(
            user=self.ssh_user or DEFAULT_USER,
            key=self.ssh_key,
            is_public=is_aws,
            own_config=is_aws,
        )
        with open_ssh(aws, settings, access().clock) as ssh:
            yield ssh

    def _refuse_ssh_options(self) -> None:
        given = {"--ssh-user": self.ssh_user, "--ssh-key": self.ssh_key}
        problems = [
            Problem(path=name, message="says nothing without --transport ssh")
            for name, value in given.items()
            if value is not None
        ]
        if problems:
            raise InvalidInputError(problems)


def reach_options(callback: Callback) -> Callback:
    """Give a command the options about how hosts are reached, as ``reach``."""

    @wraps(callback)
    def with_reach(*args: Any, **values: Any) -> None:  # noqa: ANN401 - click's signature
        names = [field.name for field in fields(Reach)]
        callback(*args, reach=Reach(**{name: values.pop(name) for name in names}), **values)

    decorated: Callback = with_reach
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _user(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and (not value or value.startswith("-") or not value.isprintable()):
        raise click.BadParameter(f"{value!r} is no name of a user")
    return value


_OPTIONS: tuple[Callable[[Callback], Callback], ...] = (
    click.option(
        "--transport",
        type=click.Choice(TransportName, case_sensitive=False),
        default=TransportName.SSM.value,
        show_default=True,
        help="How hosts are reached: SSM Run Command, or ssh.",
    ),
    click.option(
        "--ssh-user",
        metavar="NAME",
        callback=_user,
        help="Whom to be there, with --transport ssh; by default ec2-user. Any but root needs "
        "sudo without a password.",
    ),
    click.option(
        "--ssh-key",
        metavar="FILE",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Key that lets in, with --transport ssh, or its public half where an agent has "
        "the other; by default one for this run, by EC2 Instance Connect.",
    ),
)

host_option = click.option(
    "--host",
    "only",
    metavar="ID",
    multiple=True,
    help="Instance id of a host that is meant; once for each. By default all of them.",
)
