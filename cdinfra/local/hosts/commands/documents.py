"""The documents that Run Command runs: ``AWS-RunShellScript``, as AWS's own is written.

Source: the public document ``AWS-RunShellScript``, version 1 (``ssm:GetDocument``);
amazon-ssm-agent, ``agent/plugins/pluginutil/pluginutil.go`` for the limits of the timeout.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdinfra.local.api_handlers import ApiError

RUN_SHELL_SCRIPT = "AWS-RunShellScript"
PLUGIN = "aws:runShellScript"
"""Name of the document's only step."""

DOCUMENT_ARN = re.compile(r"arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d*:document/(?P<name>.+)")
VERSIONS = ("", "$DEFAULT", "$LATEST", "1")

DEFAULT_EXECUTION_SECONDS = 3600
SHORTEST_EXECUTION_SECONDS = 5
"""Less than that is none to the agent, which then takes the default of an hour."""

EXECUTION_TIMEOUT = re.compile(
    "([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{3})|(172[0-7][0-9]{2})|(172800)"
)
LONGEST_WORKING_DIRECTORY = 4096
PARAMETERS = ("commands", "workingDirectory", "executionTimeout")
SSM_REFERENCE = re.compile(r"\{\{\s*ssm(-secure)?:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is to run.

    Attributes:
        text: A shell script, or one that names its interpreter in its first line.
        working_directory: Where it runs; empty for the agent's own.
        execution_seconds: How long it may run.
    """

    text: str
    working_directory: str
    execution_seconds: int


def read_script(document: str, version: str, parameters: Mapping[str, Sequence[str]]) -> Script:
    """Return what a call of ``SendCommand`` asks to run.

    Args:
        document: Name or ARN of the document.
        version: Version of the document; empty for the default.
        parameters: Values of the document's parameters.

    Raises:
        ApiError: There is no such document, or a parameter is wrong.
    """
    named = DOCUMENT_ARN.fullmatch(document)
    if (named["name"] if named else document) != RUN_SHELL_SCRIPT:
        raise ApiError(
            "InvalidDocument",
            f"Document with name {document} does not exist. "
            f"(The local cloud carries {RUN_SHELL_SCRIPT} alone.)",
        )
    if version not in VERSIONS:
        raise ApiError(
            "InvalidDocumentVersion", f"Document version {version} of {document} does not exist."
        )
    return _read_parameters(parameters)


def _read_parameters(parameters: Mapping[str, Sequence[str]]) -> Script:
    if unknown := sorted(parameters.keys() - set(PARAMETERS)):
        raise _invalid(
            f"{', '.join(unknown)} is not in the document; it has {', '.join(PARAMETERS)}"
        )
    commands = parameters.get("commands") or ()
    if not commands:
        raise _invalid("the parameter commands needs at least one value")
    text = "\n".join(commands) + "\n"
    if SSM_REFERENCE.search(text):
        raise _invalid("the local cloud does not resolve {{ssm:…}} in commands")
    return Script(
        text=text,
        working_directory=_working_directory(parameters),
        execution_seconds=_execution_seconds(parameters),
    )


def _working_directory(parameters: Mapping[str, Sequence[str]]) -> str:
    given = _one(parameters, "workingDirectory")
    if len(given) > LONGEST_WORKING_DIRECTORY or "\0" in given:
        raise _invalid(
            f"workingDirectory is a path of at most {LONGEST_WORKING_DIRECTORY} characters"
        )
    return given


def _execution_seconds(parameters: Mapping[str, Sequence[str]]) -> int:
    given = _one(parameters, "executionTimeout") or str(DEFAULT_EXECUTION_SECONDS)
    if not EXECUTION_TIMEOUT.fullmatch(given):
        raise _invalid(f"executionTimeout is {given!r}, and must be a number from 1 to 172800")
    seconds = int(given)
    return seconds if seconds >= SHORTEST_EXECUTION_SECONDS else DEFAULT_EXECUTION_SECONDS


def _one(parameters: Mapping[str, Sequence[str]], name: str) -> str:
    values = parameters.get(name) or ("",)
    if len(values) != 1:
        raise _invalid(f"{name} takes one value, not {len(values)}")
    return values[0]


def _invalid(why: str) -> ApiError:
    return ApiError(
        "InvalidParameters", f"Parameters provided in document are invalid or not supported: {why}."
    )
