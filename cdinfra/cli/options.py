"""The options that commands share, and what they come to: one :class:`Request`."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any, TypeAlias

import click

from cdinfra.cli.completion import complete_env, complete_stack
from cdinfra.errors import CdinfraError

Callback: TypeAlias = Callable[..., None]

DEFAULT_ENV = "dev"
"""Environment where neither the command line nor ``CDINFRA_ENV`` names one."""


DEFAULT_FILE = Path("infra.py")
"""Where the app is described, if neither the command line nor ``CDINFRA_FILE`` says."""


class Cloud(StrEnum):
    """Where a command acts."""

    LOCAL = "local"
    AWS = "aws"


class OutputFormat(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


_COMMAND = re.compile(
    r"\bcdinfra (?:abort|attach|deploy|diff|down|drift|events|exec|explain|history|hosts|import"
    r"|lock break|lock show|logs|orphans|redeploy|resume|rollback|status|up)\b"
    r"(?!.* --(?:file|env|cloud|region|profile) )"
)
"""A command in a sentence that says nothing of where it acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the shared options say.

    Attributes:
        file: The Python file that describes the app.
        output: How results are printed.
        env: The environment.
        cloud: Where to act.
        region: AWS region; None leaves it to the app, then to the AWS configuration.
        profile: Profile of the AWS configuration; None for the default.
    """

    file: Path
    output: OutputFormat
    env: str = DEFAULT_ENV
    cloud: Cloud = Cloud.LOCAL
    region: str | None = None
    profile: str | None = None

    @property
    def as_json(self) -> bool:
        """Whether programs read the output."""
        return self.output is OutputFormat.JSON

    @property
    def place(self) -> tuple[str, ...]:
        """The options that lead another command to the same stacks."""
        options = {
            "--file": "" if self.file == DEFAULT_FILE else str(self.file),
            "--env": "" if self.env == DEFAULT_ENV else self.env,
            "--cloud": "" if self.cloud is Cloud.LOCAL else self.cloud,
            "--region": self.region or "",
            "--profile": self.profile or "",
        }
        return tuple(word for name, value in options.items() if value for word in (name, value))

    def led(self, text: str) -> str:
        """Return a text whose commands act where this one does.

        What the layers below advise knows of no options: pasted as it is, it would act on
        the default environment in the local cloud.
        """
        place = shlex.join(self.place)
        return _COMMAND.sub(lambda found: f"{found[0]} {place}", text) if place else text

    def next_command(self, *words: str) -> str:
        """Return the command to type next, for the same stacks in the same place.

        Args:
            words: Its words after ``cdinfra``; one with ``--manifest`` needs no app file.
        """
        place = replace(self, file=DEFAULT_FILE, env=DEFAULT_ENV).place
        return shlex.join(["cdinfra", *words, *(place if "--manifest" in words else self.place)])


def _file_option(*names: str) -> Callable[[Callback], Callback]:
    return click.option(
        *names,
        type=click.Path(path_type=Path),
        default=DEFAULT_FILE,
        show_default=True,
        envvar="CDINFRA_FILE",
        show_envvar=True,
        help="Python file that describes the app.",
    )


_FILE_OPTION = _file_option("--file", "-f")
_LONG_FILE_OPTION = _file_option("--file")
_ENV_OPTION = click.option(
    "--env",
    "-e",
    metavar="NAME",
    default=DEFAULT_ENV,
    show_default=True,
    envvar="CDINFRA_ENV",
    show_envvar=True,
    shell_complete=complete_env,
    help="Environment to work on.",
)
_CLOUD_OPTIONS = (
    click.option(
        "--cloud",
        "-c",
        type=click.Choice(Cloud, case_sensitive=False),
        default=Cloud.LOCAL.value,
        show_default=True,
        envvar="CDINFRA_CLOUD",
        show_envvar=True,
        help="Where to act: the local cloud on this machine, or an AWS account.",
    ),
    click.option(
        "--region",
        metavar="NAME",
        help="AWS region; by default the app's, then the one of the AWS configuration.",
    ),
    click.option(
        "--profile",
        metavar="NAME",
        help="Profile of the AWS configuration; only with --cloud aws.",
    ),
)
_OUTPUT_OPTIONS = (
    click.option(
        "--output",
        "-o",
        type=click.Choice(OutputFormat, case_sensitive=False),
        default=OutputFormat.TEXT.value,
        show_default=True,
        help="How results are printed on stdout.",
    ),
    click.option(
        "--no-color",
        is_flag=True,
        expose_value=False,
        help="Print without colours; so does the environment variable NO_COLOR.",
    ),
)

stacks_argument = click.argument(
    "stacks", nargs=-1, metavar="[STACK]...", shell_complete=complete_stack
)
"""Names of stacks within the app; none means all."""

manifest_option = click.option(
    "--manifest",
    metavar="PLACE",
    help="Work on a published version instead of infra.py: the path, or the s3:// address, of "
    "its manifest.json.",
)

YES_OPTION = click.option(
    "--yes", "-y", "assume_yes", is_flag=True, help="Do it without asking; for CI."
)

all_option = click.option(
    "--all-resources",
    "-a",
    is_flag=True,
    help="Name every resource of stacks that are created or deleted, too.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a plan is carried out.

    Attributes:
        assume_yes: Do it without asking.
        ask: Ask even in the local cloud.
        all_resources: Name every resource.
        no_wait: Refuse where an operation is under way already.
        allow_data_loss: Resources whose data may be lost, each ``stack/LogicalId``.
    """

    assume_yes: bool = False
    ask: bool = False
    all_resources: bool = False
    no_wait: bool = False
    allow_data_loss: tuple[str, ...] = ()

    def must_ask(self, request: Request) -> bool:
        """Whether a person has to agree."""
        return not self.assume_yes and self.guards(request)

    def guards(self, request: Request) -> bool:
        """Whether it matters what is done: what the local cloud has, it forgets in the end."""
        return self.ask or request.cloud is Cloud.AWS


def consent_options(callback: Callback) -> Callback:
    """Give a command the options about showing and asking, as ``manner``."""

    @wraps(callback)
    def with_manner(*args: Any, **values: Any) -> None:  # noqa: ANN401 - click's signature
        names = [field.name for field in fields(Manner)]
        callback(*args, manner=Manner(**{name: values.pop(name) for name in names}), **values)

    no_wait = click.option(
        "--no-wait",
        is_flag=True,
        help="Refuse, instead of waiting, where an operation is under way on a stack.",
    )
    decorated: Callback = no_wait(all_option(with_manner))
    loss = click.option(
        "--allow-data-loss",
        metavar="STACK/LOGICAL_ID",
        multiple=True,
        help="A resource whose data may be lost, by its name in the plan; once for each. With "
        "--cloud aws or --ask nothing else may lose data.",
    )
    ask = click.option(
        "--ask", is_flag=True, help="Ask first and guard data, in the local cloud too."
    )
    return YES_OPTION(ask(loss(decorated)))


def request_options(callback: Callback) -> Callback:
    """Give a command the options about app, cloud and output, as its first argument."""
    options = (_FILE_OPTION, _ENV_OPTION, *_CLOUD_OPTIONS, *_OUTPUT_OPTIONS)
    return _gathered(callback, options)


def followed_options(callback: Callback) -> Callback:
    """Give a command whose ``-f`` means to follow the same, without a short ``--file``."""
    options = (_LONG_FILE_OPTION, _ENV_OPTION, *_CLOUD_OPTIONS, *_OUTPUT_OPTIONS)
    return _gathered(callback, options)


def app_options(callback: Callback) -> Callback:
    """Give a command that never calls a cloud the options about app and output."""
    return _gathered(callback, (_FILE_OPTION, _ENV_OPTION, *_OUTPUT_OPTIONS))


def local_options(callback: Callback) -> Callback:
    """Give a command about the local cloud itself the options about file and output."""
    return _gathered(callback, (_FILE_OPTION, *_OUTPUT_OPTIONS))


def file_and_env_options(callback: Callback) -> Callback:
    """Give a command the options about app alone; it gets ``file`` and ``env``."""
    return _FILE_OPTION(_ENV_OPTION(callback))


def _gathered(callback: Callback, options: tuple[Callable[[Callback], Callback], ...]) -> Callback:
    @wraps(callback)
    def with_request(**values: Any) -> None:  # noqa: ANN401 - click calls by keyword
        names = {field.name for field in fields(Request)} & values.keys()
        request = Request(**{name: values.pop(name) for name in names})
        try:
            callback(request, **values)
        except CdinfraError as error:
            error.hint = request.led(error.hint)
            raise

    decorated: Callback = with_request
    for option in reversed(options):
        decorated = option(decorated)
    return decorated
