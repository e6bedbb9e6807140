"""The root of the command tree, and the one place where errors become exit codes."""

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from cdinfra import __version__
from cdinfra.cli import failures
from cdinfra.cli.lazy import LazyGroup
from cdinfra.errors import CdinfraError

COMMANDS = {
    "up": "cdinfra.cli.commands.up:up",
    "diff": "cdinfra.cli.commands.diff:diff",
    "down": "cdinfra.cli.commands.down:down",
    "deploy": "cdinfra.cli.commands.deploy:deploy",
    "rollback": "cdinfra.cli.commands.rollback:rollback",
    "redeploy": "cdinfra.cli.commands.redeploy:redeploy",
    "resume": "cdinfra.cli.commands.resume:resume",
    "abort": "cdinfra.cli.commands.abort:abort",
    "attach": "cdinfra.cli.commands.attach:attach",
    "list": "cdinfra.cli.commands.list_stacks:list_stacks",
    "lint": "cdinfra.cli.commands.lint:lint",
    "template": "cdinfra.cli.commands.template:template",
    "graph": "cdinfra.cli.commands.graph:graph",
    "status": "cdinfra.cli.commands.status:status",
    "outputs": "cdinfra.cli.commands.outputs:outputs",
    "explain": "cdinfra.cli.commands.explain:explain",
    "events": "cdinfra.cli.commands.events:events",
    "history": "cdinfra.cli.commands.history:history",
    "lock": "cdinfra.cli.commands.lock:lock",
    "report": "cdinfra.cli.commands.report:report",
    "drift": "cdinfra.cli.commands.drift:drift",
    "orphans": "cdinfra.cli.commands.orphans:orphans",
    "import": "cdinfra.cli.commands.import_resources:import_resources",
    "hosts": "cdinfra.cli.commands.hosts:hosts",
    "exec": "cdinfra.cli.commands.exec_command:exec_command",
    "logs": "cdinfra.cli.commands.logs:logs",
    "publish": "cdinfra.cli.commands.publish:publish_version",
    "init": "cdinfra.cli.commands.init:init",
    "local": "cdinfra.cli.commands.local:local",
    "completion": "cdinfra.cli.commands.completion:completion",
}


class RootGroup(LazyGroup):
    """The ``cdinfra`` command itself."""

    def main(  # type: ignore[override] # one signature for click's two overloads
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - click's signature
    ) -> NoReturn:
        """Run a command line and end the process with its exit code."""
        arguments = list(sys.argv[1:] if args is None else args)
        color = False if os.environ.get("NO_COLOR") or "--no-color" in arguments else None
        try:
            code = super().main(
                arguments, prog_name, **{"color": color, **extra, "standalone_mode": False}
            )
            sys.stdout.flush()
        except click.Abort:
            click.echo("interrupted", err=True)
            failures.end(failures.INTERRUPTED)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            failures.end(error.exit_code)
        except click.ClickException as error:
            self._fail(failures.usage_error(error), arguments, color)
        except CdinfraError as error:
            self._fail(error, arguments, color)
        except BrokenPipeError:
            # Whoever read our output has seen enough. Nothing can be flushed to it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            failures.end(1)
        except Exception as error:  # noqa: BLE001 - the last resort: no traceback for people
            self._fail(failures.bug(error), arguments, color)
        failures.end(code or 0)

    @staticmethod
    def _fail(error: CdinfraError, arguments: Sequence[str], color: bool | None) -> NoReturn:
        failures.show_error(error, as_json=failures.wants_json(arguments), color=color)
        failures.end(error.exit_code)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    click.echo(f"cdinfra {__version__}")
    ctx.exit()


root = RootGroup(
    name="cdinfra",
    places=COMMANDS,
    help="""Continuous delivery of Docker images onto plain EC2.

    The stacks that infra.py describes become running ones, in the local cloud on this
    machine or, with --cloud aws, in an account.

    \b
    Start here:
      cdinfra up          create or update every stack
      cdinfra diff        show what up would change
      cdinfra deploy      roll an image out to the hosts of a group
      cdinfra down        delete every stack
    """,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
    params=[
        click.Option(
            ["--version", "-V"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Print the version and exit.",
        )
    ],
)
