import base64
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdinfra.errors import CdinfraError
from cdinfra.lint import Report
from cdinfra.lint.cloud_init import NOT_INSTALLED, run_program

Lint = Callable[..., Report]
CONFIG = "#cloud-config\nruncmd: [[echo, hi]]\n"


def host(user_data: object) -> dict[str, Any]:
    return {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {
            "LaunchTemplateData": {
                "MetadataOptions": {"HttpTokens": "required"},
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}}],
                "UserData": user_data,
            }
        },
    }


def program(folder: Path, lines: str) -> str:
    """Write a program that answers as cloud-init does."""
    file = folder / "cloud-init"
    file.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


def refusing(_document: str) -> tuple[str, ...]:
    return ("runcmd: 3 is not of type 'array'", "users: x")


def test_what_cloud_init_says_of_user_data_is_found(lint: Lint) -> None:
    encoded = base64.b64encode(CONFIG.encode()).decode()
    report = lint({"Launch": host(encoded)}, cloud_init=refusing)
    assert [finding.rule for finding in report.findings] == ["CD207", "CD207"]
    assert report.findings[0].message.endswith("runcmd: 3 is not of type 'array'")
    assert report.remarks == ()


@pytest.mark.parametrize(
    "user_data",
    [
        {"Fn::Base64": {"Fn::Sub": CONFIG + "hostname: ${AWS::StackName}"}},
        {"Fn::Base64": "#!/bin/sh\nexit"},
    ],
)
def test_what_is_another_document_on_the_host_is_left_out(lint: Lint, user_data: Any) -> None:
    report = lint({"Launch": host(user_data)}, cloud_init=refusing)
    assert [finding.rule for finding in report.findings] == []


def test_without_the_program_a_remark_says_what_was_not_checked(lint: Lint) -> None:
    assert lint({"Launch": host({"Fn::Base64": CONFIG})}).remarks == (NOT_INSTALLED,)
    assert lint({"Topic": {"Type": "AWS::SNS::Topic"}}).remarks == ()


def test_the_program_is_not_asked_where_its_rule_is_left_out(lint: Lint) -> None:
    ignored = frozenset({"CD207"})
    report = lint({"Launch": host({"Fn::Base64": CONFIG})}, cloud_init=refusing, ignored=ignored)
    assert report.findings == ()


def test_a_document_is_checked_once_however_often_it_occurs(lint: Lint) -> None:
    asked: list[str] = []

    def counting(document: str) -> tuple[str, ...]:
        asked.append(document)
        return ()

    launch = host({"Fn::Base64": CONFIG})
    lint({"One": launch, "Two": launch}, cloud_init=counting)
    assert asked == [CONFIG]


def test_the_messages_of_the_program_are_taken_apart(tmp_path: Path) -> None:
    said = "Error:\\nCloud config schema errors: a: 3 is not of type, users.0: x, or y"
    checking = run_program(program(tmp_path, f"printf '{said}' >&2; exit 1"))
    assert checking(CONFIG) == ("a: is not of type", "users.0: is not valid")


def test_a_valid_document_has_no_messages(tmp_path: Path) -> None:
    asked = 'test "$1 $2" = "schema --config-file" && grep -q runcmd "$3"'
    assert run_program(program(tmp_path, asked))(CONFIG) == ()


def test_nothing_of_our_python_reaches_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert run_program(program(tmp_path, 'test -z "$PYTHONPATH"'))(CONFIG) == ()


def test_a_program_that_cannot_check_is_an_error_that_says_how_to_go_on(tmp_path: Path) -> None:
    checking = run_program(program(tmp_path, "echo 'Traceback: no module' >&2; exit 1"))
    with pytest.raises(CdinfraError, match="no module") as caught:
        checking(CONFIG)
    assert caught.value.hint == "--ignore CD207 leaves this check out"


def test_no_message_shows_a_value_of_the_document(tmp_path: Path) -> None:
    said = "Cloud config schema errors: chpasswd: hunter2: x is not of type object"
    (message,) = run_program(program(tmp_path, f"echo '{said}'; exit 1"))(CONFIG)
    assert message == "chpasswd: is not of type object"
