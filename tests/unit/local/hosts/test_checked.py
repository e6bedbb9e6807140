from typing import Any

import pytest

from cdinfra.local.api_handlers import ApiError
from cdinfra.local.hosts.checked import check_call

SCRIPT = {"DocumentName": "AWS-RunShellScript"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"DocumentName": 1}, "DocumentName must be of type string"),
        ({**SCRIPT, "InstanceIds": "i-00000001"}, "InstanceIds must be of type list"),
        ({**SCRIPT, "InstanceIds": [1]}, "InstanceIds.member must be of type string"),
        ({**SCRIPT, "Parameters": {"commands": "x"}}, "Parameters.commands must be of type list"),
        ({**SCRIPT, "Targets": [{"Key": None}]}, "Targets.member.Key must be of type string"),
        ({**SCRIPT, "TimeoutSeconds": "60"}, "TimeoutSeconds must be of type integer"),
        ({**SCRIPT, "TimeoutSeconds": True}, "TimeoutSeconds must be of type integer"),
    ],
)
def test_a_member_of_another_type_is_named(given: dict[str, Any], path: str) -> None:
    with pytest.raises(ApiError) as error:
        check_call("ssm", "SendCommand", given)
    assert error.value.refusal.code == "SerializationException"
    assert error.value.refusal.message == path


def test_a_member_out_of_the_models_limits_is_named() -> None:
    with pytest.raises(ApiError, match=r"'timeoutSeconds'.*greater than or equal to 30") as error:
        check_call("ssm", "SendCommand", {**SCRIPT, "TimeoutSeconds": 1})
    assert error.value.refusal.code == "ValidationException"


def test_a_call_as_the_model_has_it_passes() -> None:
    # The pattern of a target's key is written with classes of characters of Java's.
    target = {"Key": "tag:Größe", "Values": ["x"]}
    check_call("ssm", "SendCommand", {**SCRIPT, "Targets": [target], "Unknown": 1})
