from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.drift import Drift, PropertyDrift, ResourceDriftStatus
from cdinfra.errors import CloudError
from cdinfra.local.fault_types import CallFault, CallFaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.connection import Clients
    from tests.functional.deploy.conftest import Make, Shop


def test_what_was_changed_and_deleted_by_hand_is_found(
    shop: Shop, make: Make, clients: Callable[..., Clients]
) -> None:
    stacks = (make.network(dns=True), make.logs("logs"), make.logs("more"))
    shop.up(*stacks)
    with shop.deployer(*stacks) as deployer:
        assert {each.drift for each in deployer.drift()} == {Drift.IN_SYNC}
        vpc = deployer.outputs()["network"]["VpcId"]
        (group,) = {
            each.physical_id
            for each in deployer.events(("logs",))
            if each.logical_id == "Group" and each.physical_id
        }
    clients().client("ec2").modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    clients().client("logs").delete_log_group(logGroupName=group)

    with shop.deployer(*stacks, make.logs("later")) as deployer:
        network, logs, more, later = deployer.drift()
    (changed,), (gone,) = network.resources, logs.resources
    assert (changed.physical_id, changed.status) == (vpc, ResourceDriftStatus.MODIFIED)
    assert changed.properties == (
        PropertyDrift(path="EnableDnsHostnames", expected="true", actual="false"),
    )
    assert (gone.physical_id, gone.status) == (group, ResourceDriftStatus.DELETED)
    assert [each.drift for each in (network, logs, more, later)] == [
        Drift.DRIFTED,
        Drift.DRIFTED,
        Drift.IN_SYNC,
        Drift.NOT_CHECKED,
    ]
    assert later.reason == "is not deployed"


def test_a_caller_who_may_not_detect_drift_is_told_so(shop: Shop, make: Make) -> None:
    shop.up(make.logs())
    shop.cloud.control.add_fault(
        CallFault(
            kind=CallFaultKind.ACCESS_DENIED, service="cloudformation", operation="DetectStackDrift"
        )
    )
    with (
        shop.deployer(make.logs()) as deployer,
        pytest.raises(CloudError, match=r"cannot detect the drift of shop\d+-dev-logs") as caught,
    ):
        deployer.drift()
    assert caught.value.hint == "the role or user in use lacks this permission"


def test_throttled_looks_at_a_detection_are_repeated(shop: Shop, make: Make) -> None:
    shop.up(make.logs())
    shop.cloud.control.add_fault(
        CallFault(
            kind=CallFaultKind.THROTTLED, service="cloudformation", operation="*Drift*", every=2
        )
    )
    with shop.deployer(make.logs()) as deployer:
        assert [each.drift for each in deployer.drift()] == [Drift.IN_SYNC]
