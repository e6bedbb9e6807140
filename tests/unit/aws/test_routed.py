"""Several places behind the interface of one, over fakes."""

from datetime import UTC, datetime

import pytest

from cdinfra.aws.account import Account
from cdinfra.aws.change_set import ChangeSetRequest, ChangeSetType
from cdinfra.aws.cloud import Aws
from cdinfra.aws.fake import FakeAws
from cdinfra.aws.hosts import Host
from cdinfra.aws.routed import route
from cdinfra.errors import CloudError
from cdinfra.model import HOME, Place, StackTemplate

US = Place(region="us-east-1")
PARTNER = Place(account_role="arn:aws:iam::210987654321:role/deployer")
BODY = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


def template(name: str) -> StackTemplate:
    return StackTemplate(name=name, stack_name=name, document=BODY)


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def routed(aws: FakeAws) -> Aws:
    """Stacks ``home``, ``us`` and ``partner``, which exist, each in its place."""
    places = {"home": HOME, "us": US, "partner": PARTNER}
    for name, place in places.items():
        aws.at(place).stacks.add(template(name))
        aws.at(place).stacks.calls.clear()
    return route(aws, places)


def test_an_app_in_one_place_is_not_routed(aws: FakeAws) -> None:
    assert route(aws, {"home": HOME}) is aws


def test_the_stacks_of_all_places_are_described(routed: Aws) -> None:
    found = routed.stacks.describe_stacks() or ()
    assert {each.name: str(Account.of_arn(each.stack_id)) for each in found} == {
        "home": "123456789012 eu-central-1",
        "us": "123456789012 us-east-1",
        "partner": "210987654321 eu-central-1",
    }


def test_a_call_goes_to_the_place_of_its_stack_by_name_and_by_arn(
    aws: FakeAws, routed: Aws
) -> None:
    for name, place in {"home": HOME, "us": US, "partner": PARTNER}.items():
        described = routed.stacks.describe_stack(name)
        assert described is not None
        routed.stacks.list_resources(described.stack_id)
        assert aws.at(place).stacks.calls == [
            f"describe_stack {name}",
            f"list_resources {described.stack_id}",
        ]


def test_every_step_of_a_change_set_goes_to_the_place_of_its_stack(
    aws: FakeAws, routed: Aws
) -> None:
    request = ChangeSetRequest(
        stack_name="us", name="change", kind=ChangeSetType.UPDATE, body='{"Resources": {}}'
    )
    made = routed.stacks.create_change_set(request)
    routed.stacks.describe_change_set(made.arn)
    routed.stacks.execute_change_set(made.arn, "token")
    next(routed.stacks.describe_events(made.stack_id))
    routed.stacks.get_template("us")
    routed.stacks.delete_change_set("us", "change")
    routed.stacks.delete_stack(made.stack_id, "token")
    assert len(aws.at(US).stacks.calls) == 7
    assert not aws.stacks.calls


def test_a_detection_of_drift_is_looked_at_where_it_was_started(aws: FakeAws, routed: Aws) -> None:
    first = routed.stacks.detect_drift("us")
    other = routed.stacks.detect_drift("partner")
    routed.stacks.describe_drift_detection(first)
    routed.stacks.describe_drift_detection(other)
    routed.stacks.describe_resource_drifts("us")
    assert len(aws.at(US).stacks.calls) == 3
    assert len(aws.at(PARTNER).stacks.calls) == 2


def test_the_account_is_asked_for_once(routed: Aws, aws: FakeAws) -> None:
    asked = aws.accounts.describe_account()
    assert routed.accounts.describe_account() is routed.accounts.describe_account()
    assert routed.accounts.describe_account() == asked


def test_a_place_that_is_named_twice_is_asked_once(aws: FakeAws) -> None:
    same = Place(region="eu-central-1")
    aws.stacks.add(template("home"))
    routed = route(aws, {"home": same}, (HOME, US))
    assert [each.name for each in routed.stacks.describe_stacks() or ()] == ["home"]


def test_where_stacks_may_not_be_listed_each_known_one_is_asked_for(
    aws: FakeAws, routed: Aws
) -> None:
    aws.at(US).stacks.may_list = False
    assert {each.name for each in routed.stacks.describe_stacks() or ()} == {
        "home",
        "us",
        "partner",
    }
    for place in (HOME, PARTNER):
        aws.at(place).stacks.may_list = False
    assert routed.stacks.describe_stacks() is None


def test_a_stack_that_was_only_found_is_addressed_where_it_was_found(
    aws: FakeAws, routed: Aws
) -> None:
    aws.at(US).stacks.add(template("old"))
    assert routed.stacks.describe_stack("old") is None
    routed.stacks.describe_stacks()
    assert routed.stacks.describe_stack("old") is not None


def test_an_arn_of_a_place_that_nobody_named_is_refused(routed: Aws) -> None:
    with pytest.raises(CloudError) as caught:
        routed.stacks.describe_stack("arn:aws:cloudformation:eu-west-3:123456789012:stack/a/b")
    assert "123456789012 eu-west-3, which is no place of this app" in caught.value.message


def test_a_renewed_session_is_renewed_in_all_places(aws: FakeAws, routed: Aws) -> None:
    routed.stacks.describe_stacks()
    routed.renew()
    assert [aws.at(place).renewals for place in (HOME, US, PARTNER)] == [1, 1, 1]


def test_repairs_go_to_the_place_of_their_stack(aws: FakeAws, routed: Aws) -> None:
    us = routed.stacks.describe_stack("us")
    assert us is not None
    routed.stacks.list_deleted_stacks()
    with pytest.raises(CloudError):
        routed.stacks.cancel_update(us.stack_id, "token")
    with pytest.raises(CloudError):
        routed.stacks.continue_rollback(us.stack_id, "token")
    assert [each.split()[0] for each in aws.at(US).stacks.calls] == [
        "describe_stack",
        "list_deleted_stacks",
        "cancel_update",
        "continue_rollback",
    ]


def test_hosts_of_all_places_come_in_one_order(aws: FakeAws, routed: Aws) -> None:
    def host(group: str, zone: str) -> Host:
        return Host(
            instance_id=f"i-{zone}",
            state="running",
            instance_type="t3.micro",
            private_address="",
            public_address="",
            zone=zone,
            deploy_group=group,
            release="",
            stack_name="",
            launched_at=datetime(2026, 1, 31, tzinfo=UTC),
        )

    aws.hosts.add("shop", "dev", host("web", "eu-central-1a"))
    aws.at(US).hosts.add("shop", "dev", host("api", "us-east-1a"))
    zones = [each.zone for each in routed.hosts.describe_hosts("shop", "dev")]
    assert zones == ["us-east-1a", "eu-central-1a"]


def test_each_place_is_there_alone(aws: FakeAws, routed: Aws) -> None:
    assert routed.each_place() == (aws, aws.at(US), aws.at(PARTNER))
    assert aws.each_place() == (aws,)


def test_the_place_of_a_stack_is_known_by_its_arn(aws: FakeAws, routed: Aws) -> None:
    us = routed.stacks.describe_stack("us")
    assert us is not None
    assert routed.of_stack(us.stack_id) is aws.at(US)
    foreign = us.stack_id.replace("us-east-1", "us-west-2")
    with pytest.raises(CloudError, match="us-west-2, which is no place of this app"):
        routed.of_stack(foreign)


def test_what_is_about_hosts_alone_is_that_of_the_apps_own_place(aws: FakeAws, routed: Aws) -> None:
    assert routed.commands is aws.commands
    assert routed.target_groups is aws.target_groups
    assert routed.host_logs is aws.host_logs
