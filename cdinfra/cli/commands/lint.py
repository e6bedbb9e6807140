"""``cdinfra lint``: what would fail, leak or hurt later, found before any cloud is asked."""

from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdinfra.cli.command import Command
from cdinfra.cli.options import Callback, Request, app_options
from cdinfra.cli.render.as_json import document
from cdinfra.cli.render.lint import Format, Rendering, rule_objects, rule_rows
from cdinfra.cli.screen import result, tell
from cdinfra.deploy.load import load_app
from cdinfra.deploy.load_rules import load_rules
from cdinfra.errors import FindingsError, InvalidInputError, Problem
from cdinfra.lint import Report, Rule

if TYPE_CHECKING:
    from cdinfra.lint import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options of ``lint`` say.

    Attributes:
        region: Regions that the templates must be valid in.
        report_format: How the report is written; None as ``--output`` says.
        out: The file that the report is written to; None for stdout.
        strict: Whether warnings fail, too.
        info: Whether what is merely worth knowing is told.
        ignore: Ids of rules that do not count.
        rules_from: Files with a team's own rules.
        list_rules: Whether to list the rules and look at nothing.
    """

    region: tuple[str, ...]
    report_format: Format | None
    out: Path | None
    strict: bool
    info: bool
    ignore: tuple[str, ...]
    rules_from: tuple[Path, ...]
    list_rules: bool

    def settings(self, rules: tuple[Rule, ...]) -> "Settings":
        """Return how the templates are linted.

        Raises:
            InvalidInputError: A rule is none, or an id to ignore is unknown.
        """
        from cdinfra.lint import Settings  # noqa: PLC0415 - help and completion need it not

        return Settings(
            rules=rules,
            regions=self.region,
            ignored=frozenset(self.ignore),
            include_info=self.info,
        )

    def fails(self, report: Report) -> bool:
        """Whether a report ends the process with the exit code for findings."""
        return report.has_errors or (self.strict and report.has_warnings)


_OPTIONS = (
    click.option(
        "--region",
        metavar="NAME",
        multiple=True,
        help="Region that the templates must be valid in; by default the app's. Repeatable.",
    ),
    click.option(
        "--format",
        "report_format",
        type=click.Choice(Format, case_sensitive=False),
        help="How the report is written; by default as --output says.",
    ),
    click.option(
        "--out",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write the report to this file, and the text to stdout as well.",
    ),
    click.option("--strict", is_flag=True, help="Fail on warnings, too."),
    click.option("--info", is_flag=True, help="Tell what is merely worth knowing, too."),
    click.option(
        "--ignore",
        metavar="ID",
        multiple=True,
        help="Leave a rule out, of cdinfra or of cfn-lint. Repeatable.",
    ),
    click.option(
        "--rules-from",
        type=click.Path(path_type=Path),
        multiple=True,
        help="Python file with rules of your own, as RULES. Repeatable.",
    ),
    click.option("--rules", "list_rules", is_flag=True, help="List the rules, and do no more."),
)


def _gathered(callback: Callback) -> Callback:
    """Give the command its own options, as ``wishes``."""

    @wraps(callback)
    def with_wishes(*args: Any, **values: Any) -> None:  # noqa: ANN401 - click's signature
        names = [field.name for field in fields(Wishes)]
        callback(*args, wishes=Wishes(**{name: values.pop(name) for name in names}), **values)

    decorated: Callback = with_wishes
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


@click.command(
    "lint",
    cls=Command,
    examples=(
        "cdinfra lint",
        "cdinfra lint --env production --strict",
        "cdinfra lint templates/network.yaml templates/web.json",
        "cdinfra lint --format sarif --out lint.sarif",
        "cdinfra lint --rules",
    ),
)
@click.argument(
    "templates", nargs=-1, metavar="[TEMPLATE_FILE]...", type=click.Path(path_type=Path)
)
@_gathered
@app_options
def lint(request: Request, templates: tuple[Path, ...], wishes: Wishes) -> None:
    """Look for what would fail, leak or hurt later, without any cloud.

    Looks at every stack that infra.py describes, or at each TEMPLATE_FILE in JSON or YAML,
    with cfn-lint, with cloud-init's own schema where cloud-init is installed, and with
    cdinfra's rules. Where there is an error, the exit code is 8.
    """
    rules = tuple(rule for file in wishes.rules_from for rule in load_rules(file))
    if wishes.list_rules:
        _list_rules(rules, as_json=request.as_json)
        return
    report = _report(request, templates, wishes.settings(rules))
    rendering = Rendering(
        noun="file" if templates else "stack", app_file=str(request.file), strict=wishes.strict
    )
    _show(report, rendering, wishes, as_json=request.as_json)
    if wishes.fails(report):
        click.get_current_context().exit(FindingsError.exit_code)


def _list_rules(own: tuple[Rule, ...], *, as_json: bool) -> None:
    from cdinfra.lint import SHIPPED  # noqa: PLC0415 - see Wishes.settings

    known = (*SHIPPED, *own)
    result(document({"rules": rule_objects(known)}) if as_json else rule_rows(known))


def _report(request: Request, templates: tuple[Path, ...], settings: "Settings") -> Report:
    from cdinfra.lint import lint_app, lint_files  # noqa: PLC0415 - see Wishes.settings

    if templates:
        return lint_files(templates, settings)
    return lint_app(load_app(request.file, request.env), settings)


def _show(report: Report, rendering: Rendering, wishes: Wishes, *, as_json: bool) -> None:
    on_screen = Format.JSON if as_json else Format.TEXT
    if wishes.out is None:
        on_screen = wishes.report_format or on_screen
    else:
        chosen = wishes.report_format or on_screen
        _write(wishes.out, click.unstyle("\n".join(rendering.lines(report, chosen))))
    result(rendering.lines(report, on_screen))
    tell(f"note: {remark}" for remark in report.remarks)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise InvalidInputError(Problem(path=str(file), message=message)) from error
