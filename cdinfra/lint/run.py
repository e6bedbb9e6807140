"""Lints apps, templates and files, each run to one report."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cdinfra.errors import InvalidInputError, Problem
from cdinfra.lint.cfn_lint import decode_template
from cdinfra.lint.cloud_init import NOT_INSTALLED, SCHEMA_RULE, running_ahead
from cdinfra.lint.examine import Examined, examine
from cdinfra.lint.report import Report
from cdinfra.lint.rule import checked_rules
from cdinfra.lint.settings import Settings
from cdinfra.lint.template import Template
from cdinfra.model import App, StackTemplate


def lint_app(app: App, settings: Settings | None = None) -> Report:
    """Lint every template of an app, with the app's own rules and in its region.

    Raises:
        InvalidInputError: A setting or a rule of the team's is broken.
    """
    given = settings or Settings()
    own = checked_rules("app/lint rules", app.lint_rules)
    regions = given.regions or ((app.region,) if app.region else ())
    return lint_templates(app.build(), replace(given, rules=(*own, *given.rules), regions=regions))


def lint_templates(templates: Iterable[StackTemplate], settings: Settings | None = None) -> Report:
    """Lint templates of stacks.

    Raises:
        InvalidInputError: A setting or a rule of the team's is broken.
    """
    subjects = [
        Template(name=each.name, document=each.document, tags=each.tags, sources=each.sources)
        for each in templates
    ]
    return _report(subjects, settings or Settings())


def lint_files(files: Iterable[Path], settings: Settings | None = None) -> Report:
    """Lint template files, JSON or YAML.

    A file that is no template is a finding.

    Raises:
        InvalidInputError: Files cannot be read, or a setting or a rule is broken.
    """
    texts = _load_texts(tuple(dict.fromkeys(files)))
    return _report([_template_or_findings(*each) for each in texts], settings or Settings())


def _template_or_findings(name: str, text: str) -> Template | Examined:
    decoded = decode_template(name, text)
    if decoded.nodes is None:
        return Examined(
            name=name,
            findings=tuple(finding for finding, _ in decoded.found),
            rules=tuple({facts.id: facts for _, facts in decoded.found}.values()),
        )
    document = _plain(decoded.nodes)
    return Template(name=name, document=document, nodes=decoded.nodes)


def _plain(node: Any) -> Any:  # noqa: ANN401 - any value of a template
    """Return cfn-lint's nodes as the plain values that rules look at."""
    match node:
        case dict():
            return {str(key): _plain(value) for key, value in node.items()}
        case list():
            return [_plain(value) for value in node]
        case str():
            return str(node)
        case _:
            return node


def _load_texts(files: Sequence[Path]) -> list[tuple[str, str]]:
    texts, problems = [], []
    for file in files:
        try:
            texts.append((str(file), file.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            problems.append(Problem(path=str(file), message="is no text in UTF-8"))
        except IsADirectoryError:
            hint = f"name the files in it, for example {file / '*.yaml'}"
            problems.append(Problem(path=str(file), message="is a folder", hint=hint))
        except OSError as error:
            message = f"cannot be read: {error.strerror}"
            problems.append(Problem(path=str(file), message=message, hint=_hint(file)))
    if problems:
        raise InvalidInputError(problems)
    return texts


def _hint(file: Path) -> str:
    return "" if file.suffix else "name files of templates, or none for the stacks of infra.py"


def _report(subjects: Sequence[Template | Examined], settings: Settings) -> Report:
    templates = [each for each in subjects if isinstance(each, Template)]
    with _cloud_init_ahead(templates, settings) as running:
        examined = [
            examine(each, running) if isinstance(each, Template) else each for each in subjects
        ]
    rules = {facts.id: facts for each in examined for facts in each.rules}
    unchecked = settings.cloud_init is None and any(each.has_user_data for each in examined)
    return Report(
        templates=tuple(each.name for each in examined),
        findings=tuple(finding for each in examined for finding in each.findings),
        allowed=tuple(finding for each in examined for finding in each.allowed),
        rules=tuple(rules[each] for each in sorted(rules)),
        remarks=(NOT_INSTALLED,) if unchecked else (),
    )


@contextmanager
def _cloud_init_ahead(templates: Sequence[Template], settings: Settings) -> Iterator[Settings]:
    if settings.cloud_init is None or SCHEMA_RULE.id in settings.ignored:
        yield replace(settings, cloud_init=None)
        return
    with running_ahead(settings.cloud_init, templates) as cloud_init:
        yield replace(settings, cloud_init=cloud_init)
