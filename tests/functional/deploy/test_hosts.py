"""Hosts of a local cloud that boots none: who is asked, and what is read of a failure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cdinfra.deploy.host_answers import Asked
from cdinfra.deploy.host_log import LogSource
from cdinfra.local.fault_types import ResourceFault, ResourceFaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.connection import Clients
    from tests.functional.deploy.conftest import Make, Plain, Shop

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


def hosts(make: Make, instance_type: str = "t3.micro") -> Plain:
    data = {"ImageId": f"{{{{resolve:ssm:{IMAGE}}}}}", "InstanceType": instance_type}
    version = {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}
    group = {
        "Type": "AWS::AutoScaling::AutoScalingGroup",
        "UpdatePolicy": {
            "AutoScalingRollingUpdate": {"WaitOnResourceSignals": True, "PauseTime": "PT1M"}
        },
        "CreationPolicy": {"ResourceSignal": {"Count": 1, "Timeout": "PT1M"}},
        "Properties": {
            "MinSize": "1",
            "MaxSize": "1",
            "AvailabilityZones": ["eu-central-1a"],
            "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}, "Version": version},
            "Tags": [{"Key": "DeployGroup", "Value": "web", "PropagateAtLaunch": True}],
        },
    }
    template = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}}
    resources = {
        "Template": template,
        "LogGroup": {"Type": "AWS::Logs::LogGroup"},
        "Group": {**group, "DependsOn": "LogGroup"},
    }
    return make.plain(name="web", resources=resources)


def test_hosts_that_are_not_booted_are_listed_as_such(shop: Shop, make: Make) -> None:
    shop.up(hosts(make))
    found = shop.deployer(hosts(make)).survey(timeout=5)
    (seen,) = found.hosts
    assert (seen.host.deploy_group, seen.answer.asked) == ("web", Asked.NOT_BOOTED)
    assert seen.host.tags["cdinfra:app"] == shop.name
    assert (found.notes, found.was_asked) == ((), False)


def test_a_host_that_failed_is_named_with_what_can_be_read_of_it(shop: Shop, make: Make) -> None:
    fault = ResourceFault(kind=ResourceFaultKind.HOST_FAILS, stack=f"{shop.name}-dev-web", times=1)
    shop.cloud.control.add_fault(fault)
    (failed,) = shop.up(hosts(make)).failed
    (log,) = failed.host_logs
    assert log.source is LogSource.NONE
    assert log.problem
    assert log.command.endswith(f"--instance-id {log.instance_id}")
    (explained,) = shop.deployer(hosts(make)).explain()
    assert explained.failure.cause == "host_failed"
    assert [each.instance_id for each in explained.failure.hosts] == [log.instance_id]
    assert explained.failure.command == log.command


def test_the_lines_that_a_host_has_logged_outlive_its_rollback(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    shop.up(hosts(make))
    changed = hosts(make, instance_type="t3.small")
    fault = ResourceFault(kind=ResourceFaultKind.HOST_FAILS, stack=f"{shop.name}-dev-web", times=1)
    shop.cloud.control.add_fault(fault)
    (failed,) = shop.up(changed).failed
    (log,) = failed.host_logs
    logs = clients().client("logs")
    group = logs.describe_log_groups(logGroupNamePrefix=f"{shop.name}-dev-web")["logGroups"][0]
    # What the agent of a host that boots writes.
    names = {
        "logGroupName": group["logGroupName"],
        "logStreamName": f"{log.instance_id}/cdinfra-host",
    }
    logs.create_log_stream(**names)
    now = int(time.time() * 1000)
    written = ("cdinfra-host: it ended with exit code 1", "KeyError: 'DATABASE_URL'")
    events = [{"timestamp": now, "message": each} for each in written]
    logs.put_log_events(**names, logEvents=events)
    (explained,) = shop.deployer(changed).explain()
    (read,) = explained.failure.hosts
    assert read.source is LogSource.LOG_GROUP
    assert read.lines == ("it ended with exit code 1", "KeyError: 'DATABASE_URL'")
