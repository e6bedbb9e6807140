"""Asks cloud-init itself whether user data is valid, where the program is installed.

cloud-init's schema is not shipped here: it belongs to cloud-init, and each version of it has
another. What every version knows, the top-level keys, is checked without it by ``CD206``.
"""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from os import cpu_count, environ
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from cdinfra.errors import CdinfraError
from cdinfra.lint.finding import RuleFacts, Severity
from cdinfra.lint.rule import Hit
from cdinfra.lint.template import Template
from cdinfra.lint.user_data import name_of, user_data_of

CloudInit: TypeAlias = Callable[[str], tuple[str, ...]]
"""Takes a cloud-config document and returns what is wrong with it."""

SCHEMA_RULE: Final = RuleFacts(
    id="CD207",
    severity=Severity.ERROR,
    title="User data is not valid by cloud-init's own schema.",
    reason="cloud-init logs a warning on the host and leaves out what it cannot read, so the "
    "host boots without it.",
    source="docs.cloud-init.io, Validate user data",
)

NOT_INSTALLED: Final = (
    "cloud-init is not installed here: user data was checked by its top-level keys, "
    "not by cloud-init's schema"
)

SECONDS: Final = 30
"""How long one document may take; it takes a third of a second."""

_ABOUT = re.compile(r"(?:is|does|has|are) (?:not|a dependency|too|less|greater|non-unique)\b[^:]*$")
_ERRORS = re.compile(r"Cloud config schema errors: (.*)", re.DOTALL)


def find_cloud_init() -> CloudInit | None:
    """Return the check of the installed program; None where there is none."""
    program = which("cloud-init")
    return run_program(program) if program else None


def check_user_data(template: Template, cloud_init: CloudInit) -> Iterator[Hit]:
    """Yield what cloud-init says of the cloud-config documents of a template.

    A document with references in it is left out: it is another one on the host.
    """
    for found in user_data_of(template):
        for part in found.cloud_configs:
            for message in cloud_init(part.text or ""):
                yield found.resource.hit(f"{name_of(part)}: {message}", *found.path)


@contextmanager
def running_ahead(cloud_init: CloudInit, templates: Iterable[Template]) -> Iterator[CloudInit]:
    """Check the documents of all templates beside everything else that is done meanwhile.

    The program takes a third of a second for a document, and most of a run of lint would be
    waiting for it.
    """
    documents = {
        part.text or "": None
        for template in templates
        for found in user_data_of(template)
        for part in found.cloud_configs
    }
    with ThreadPoolExecutor(max_workers=cpu_count()) as pool:
        futures = {document: pool.submit(cloud_init, document) for document in documents}
        yield lambda document: futures[document].result()


@cache
def run_program(program: str) -> CloudInit:
    """Return the check that a program of cloud-init makes; each document is checked once.

    Args:
        program: Its path.
    """

    @cache
    def check(document: str) -> tuple[str, ...]:
        with TemporaryDirectory() as folder:
            file = Path(folder, "user-data")
            file.write_text(document, encoding="utf-8")
            outcome = subprocess.run(  # noqa: S603 - a program by its path, and a file of ours
                [program, "schema", "--config-file", str(file)],
                capture_output=True,
                check=False,
                cwd=folder,
                # A folder named cloudinit on PYTHONPATH would hide cloud-init's own module.
                env={key: value for key, value in environ.items() if not key.startswith("PYTHON")},
                text=True,
                timeout=SECONDS,
            )
        return () if outcome.returncode == 0 else _messages(outcome.stdout + outcome.stderr)

    return check


def _messages(output: str) -> tuple[str, ...]:
    """Return the messages in what the program prints.

    Raises:
        CdinfraError: It says something else: it could not check.
    """
    found = _ERRORS.search(output)
    if found is None:
        last = (output.strip().splitlines() or ["it says nothing"])[-1]
        hint = f"--ignore {SCHEMA_RULE.id} leaves this check out"
        raise CdinfraError(f"cloud-init schema cannot check user data here: {last}", hint=hint)
    rows = re.split(r"\n|, (?=[\w.-]+: )", found[1])
    return tuple(_without_value(row.strip()) for row in rows if row.strip())


def _without_value(message: str) -> str:
    """Return a message without the value that it is about, which may be a secret."""
    path, colon, words = message.partition(": ")
    about = _ABOUT.search(words)
    if not colon or words.startswith("Additional properties"):
        return message
    return f"{path}: {about[0]}" if about else f"{path}: is not valid"
