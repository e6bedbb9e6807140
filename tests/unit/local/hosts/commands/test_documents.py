import pytest

from cdinfra.local.api_handlers import ApiError
from cdinfra.local.hosts.commands.documents import Script, read_script

COMMANDS = {"commands": ["echo a", "echo b"]}


def refused(document: str, version: str, parameters: dict[str, list[str]]) -> tuple[str, str]:
    with pytest.raises(ApiError) as error:
        read_script(document, version, parameters)
    return error.value.refusal.code, error.value.refusal.message


@pytest.mark.parametrize(
    "document", ["AWS-RunShellScript", "arn:aws:ssm:eu-central-1::document/AWS-RunShellScript"]
)
@pytest.mark.parametrize("version", ["", "$DEFAULT", "$LATEST", "1"])
def test_the_commands_become_the_lines_of_one_script(document: str, version: str) -> None:
    assert read_script(document, version, COMMANDS) == Script(
        text="echo a\necho b\n", working_directory="", execution_seconds=3600
    )


def test_a_script_has_a_folder_and_a_time_limit() -> None:
    parameters = {**COMMANDS, "workingDirectory": ["/srv/app"], "executionTimeout": ["172800"]}
    script = read_script("AWS-RunShellScript", "", parameters)
    assert (script.working_directory, script.execution_seconds) == ("/srv/app", 172_800)


def test_a_limit_that_is_none_to_the_agent_is_an_hour() -> None:
    script = read_script("AWS-RunShellScript", "", {**COMMANDS, "executionTimeout": ["4"]})
    assert script.execution_seconds == 3600


@pytest.mark.parametrize("document", ["AWS-RunPowerShellScript", "AWS-ApplyAnsiblePlaybooks", "x"])
def test_another_document_does_not_exist(document: str) -> None:
    code, message = refused(document, "", COMMANDS)
    assert code == "InvalidDocument"
    assert message.startswith(f"Document with name {document} does not exist.")


def test_another_version_does_not_exist() -> None:
    assert refused("AWS-RunShellScript", "2", COMMANDS)[0] == "InvalidDocumentVersion"


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({}, "commands needs at least one value"),
        ({"commands": []}, "commands needs at least one value"),
        ({**COMMANDS, "comands": ["x"]}, "comands is not in the document"),
        ({**COMMANDS, "executionTimeout": ["0"]}, "a number from 1 to 172800"),
        ({**COMMANDS, "executionTimeout": ["172801"]}, "a number from 1 to 172800"),
        ({**COMMANDS, "executionTimeout": ["5", "6"]}, "takes one value, not 2"),
        ({**COMMANDS, "workingDirectory": ["/a\0b"]}, "workingDirectory"),
        ({**COMMANDS, "workingDirectory": ["/" * 4097]}, "at most 4096 characters"),
        ({"commands": ["echo {{ ssm:/shop/key }}"]}, "does not resolve {{ssm:…}}"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: dict[str, list[str]], why: str) -> None:
    code, message = refused("AWS-RunShellScript", "", parameters)
    assert code == "InvalidParameters"
    assert why in message
