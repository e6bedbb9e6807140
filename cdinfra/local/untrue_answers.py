"""Calls that moto would answer with something that did not happen.

An honest refusal is better than a success that is none: a deployer that believed it
would call a release healthy that nobody has started.
"""

from collections.abc import Mapping

from cdinfra.local.call import Call

_NO_COMMANDS = "commands need hosts, and none is booted"
_NO_HEALTH = "the health of targets needs hosts, and none is booted"
_NO_REFRESH = "instance refreshes are not carried"
_NO_HOOKS = "lifecycle hooks wait for nobody here"

UNTRUE: Mapping[tuple[str, str], str] = {
    ("ssm", "SendCommand"): _NO_COMMANDS,
    ("ssm", "GetCommandInvocation"): _NO_COMMANDS,
    ("ssm", "ListCommands"): _NO_COMMANDS,
    ("ssm", "ListCommandInvocations"): _NO_COMMANDS,
    ("ssm", "CancelCommand"): _NO_COMMANDS,
    ("ssm", "DescribeInstanceInformation"): _NO_COMMANDS,
    ("ec2", "GetConsoleOutput"): "consoles need hosts, and none is booted",
    ("ec2-instance-connect", "SendSSHPublicKey"): "keys let into hosts, and none is booted",
    ("elbv2", "DescribeTargetHealth"): _NO_HEALTH,
    ("autoscaling", "StartInstanceRefresh"): _NO_REFRESH,
    ("autoscaling", "CancelInstanceRefresh"): _NO_REFRESH,
    ("autoscaling", "RollbackInstanceRefresh"): _NO_REFRESH,
    ("autoscaling", "DescribeInstanceRefreshes"): _NO_REFRESH,
    ("autoscaling", "CompleteLifecycleAction"): _NO_HOOKS,
    ("autoscaling", "RecordLifecycleActionHeartbeat"): _NO_HOOKS,
}
"""Why not, by boto3's service name and the call's name."""


def why_not_carried(call: Call) -> str:
    """Return why a call has no true answer here; empty where it has one."""
    return UNTRUE.get((call.service, call.operation), "")
