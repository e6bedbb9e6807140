from typing import Any

import pytest

from cdinfra.deploy.plan import ChangeAction, Replacement, ResourceChange
from cdinfra.deploy.rolling_update import GROUP, mark_rolling_update

ROLLING = {"AutoScalingRollingUpdate": {"MaxBatchSize": 1}}


def marked(policy: dict[str, Any], **change: Any) -> bool:
    settings = {"resource_type": GROUP, "replacement": Replacement.CONDITIONAL, **change}
    resource = ResourceChange(logical_id="Group", action=ChangeAction.MODIFY, **settings)
    document = {"Resources": {"Group": {"Type": GROUP, "UpdatePolicy": policy}}}
    return mark_rolling_update(resource, document).rolls_hosts


def test_a_group_with_a_rolling_update_replaces_its_hosts_and_stays() -> None:
    assert marked(ROLLING)


@pytest.mark.parametrize(
    "policy", [{}, {**ROLLING, "AutoScalingReplacingUpdate": {"WillReplace": "true"}}]
)
def test_a_group_without_one_or_that_replaces_itself_does_not(policy: dict[str, Any]) -> None:
    assert not marked(policy)


@pytest.mark.parametrize(
    "change",
    [{"replacement": Replacement.NEVER}, {"resource_type": "AWS::EC2::Instance"}],
)
def test_what_keeps_its_hosts_or_is_no_group_does_not(change: dict[str, Any]) -> None:
    assert not marked(ROLLING, **change)
