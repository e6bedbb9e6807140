from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.hosts import Host
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.tagged_resources import TaggedResource
from cdinfra.errors import CloudError
from cdinfra.events import Notice

if TYPE_CHECKING:
    from cdinfra.deploy.orphans import Orphan
    from tests.unit.deploy.conftest import Make, PlainStack, Run

EC2 = "arn:aws:ec2:eu-central-1:123456789012:"
STACK = "arn:aws:cloudformation:eu-central-1:123456789012:stack"
HOST = Host(
    instance_id="i-1",
    state="running",
    instance_type="t3.micro",
    private_address="",
    public_address="",
    zone="eu-central-1a",
    deploy_group="web",
    release="",
    stack_name="",
    launched_at=datetime(2026, 1, 31, tzinfo=UTC),
    part_ids=("vol-1", "eni-1"),
)


def tag(run: Run, arn: str, **tags: str) -> None:
    named = {key.replace("__", ":").replace("_", "-"): value for key, value in tags.items()}
    run.aws.tagged_resources.add("shop", "dev", TaggedResource(arn=arn, tags=named))


def orphans(run: Run, *stacks: PlainStack, options: tuple[str, ...] = ()) -> tuple[Orphan, ...]:
    with run.deployer(*stacks) as deployer:
        return deployer.orphans(options=options)


def reasons(run: Run, *stacks: PlainStack) -> dict[str, str]:
    return {each.identifier: each.why for each in orphans(run, *stacks)}


def bucket_stack(make: Make) -> PlainStack:
    return make.plain(name="store", document={"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})


def test_what_a_stack_has_is_no_orphan(run: Run, make: Make) -> None:
    run.up(bucket_stack(make))
    tag(run, "arn:aws:s3:::shop-dev-store-bucket")
    assert orphans(run, bucket_stack(make)) == ()


def test_the_same_name_of_another_type_is_no_owner(run: Run, make: Make) -> None:
    run.up(bucket_stack(make))
    tag(run, "arn:aws:logs:eu-central-1:123456789012:log-group:shop-dev-store-bucket")
    assert list(reasons(run, bucket_stack(make))) == ["shop-dev-store-bucket"]


def test_what_a_deleted_stack_left_is_an_orphan_that_can_go_back(run: Run, make: Make) -> None:
    tag(
        run,
        "arn:aws:s3:::pictures",
        aws__cloudformation__stack_id=f"{STACK}/shop-dev-store/gone",
        aws__cloudformation__stack_name="shop-dev-store",
        aws__cloudformation__logical_id="Bucket",
    )
    (found,) = orphans(run, bucket_stack(make), options=("--env", "dev"))
    assert found.why == "its stack shop-dev-store is deleted"
    assert (found.resource_type, found.identifier) == ("AWS::S3::Bucket", "pictures")
    assert (found.holds_data, found.is_described) == (True, True)
    assert found.import_command == "cdinfra import store Bucket=pictures --env dev"
    assert found.delete_command == "aws s3 rb --force s3://pictures"


def test_a_new_stack_of_the_same_name_does_not_own_what_the_earlier_one_left(
    run: Run, make: Make
) -> None:
    run.up(bucket_stack(make))
    tag(
        run,
        "arn:aws:s3:::pictures",
        aws__cloudformation__stack_id=f"{STACK}/shop-dev-store/gone",
        aws__cloudformation__stack_name="shop-dev-store",
        aws__cloudformation__logical_id="Bucket",
    )
    (found,) = orphans(run, bucket_stack(make))
    assert found.why == "an earlier stack shop-dev-store is deleted"
    # Its place is taken.
    assert found.import_command == "cdinfra import STACK LOGICAL_ID=pictures"
    assert not found.is_described


def test_what_a_living_stack_let_go_of_is_an_orphan(run: Run, make: Make) -> None:
    run.up(bucket_stack(make))
    stack_id = run.aws.stacks.stack("shop-dev-store").stack_id
    tag(
        run,
        f"{EC2}volume/vol-9",
        aws__cloudformation__stack_id=stack_id,
        aws__cloudformation__stack_name="shop-dev-store",
    )
    assert reasons(run, bucket_stack(make)) == {"vol-9": "its stack shop-dev-store let go of it"}


def test_what_no_stack_made_is_an_orphan(run: Run) -> None:
    tag(run, "arn:aws:made-up:eu-central-1:123456789012:thing/1")
    (found,) = orphans(run)
    assert found.why == "carries the app's tags, and no tag of a stack"
    assert (found.resource_type, found.delete_command) == ("", "")


def test_a_resource_of_an_unknown_type_that_a_stack_has_is_no_orphan(run: Run, make: Make) -> None:
    stack = make.plain(name="odd", document={"Resources": {"Thing": {"Type": "AWS::Made::Up"}}})
    run.up(stack)
    tag(run, "arn:aws:made-up:eu-central-1:123456789012:thing/shop-dev-odd-thing")
    assert orphans(run, stack) == ()


def test_a_resource_is_found_in_infra_py_by_its_own_name_too(run: Run, make: Make) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "pictures"}}
    stack = make.plain(name="store", document={"Resources": {"Bucket": bucket}})
    tag(run, "arn:aws:s3:::pictures")
    assert orphans(run, stack)[0].import_command == "cdinfra import store Bucket=pictures"


def test_an_address_is_known_by_its_tags(run: Run, make: Make) -> None:
    stack = make.plain(name="edge", document={"Resources": {"Ip": {"Type": "AWS::EC2::EIP"}}})
    run.up(stack)
    stack_id = run.aws.stacks.stack("shop-dev-edge").stack_id
    arn = f"{EC2}elastic-ip/eipalloc-1"
    tag(run, arn, aws__cloudformation__stack_id=stack_id, aws__cloudformation__logical_id="Ip")
    tag(run, f"{EC2}elastic-ip/eipalloc-2")
    assert list(reasons(run, stack)) == ["eipalloc-2"]


def test_hosts_of_a_group_and_their_parts_belong_to_the_groups_stack(run: Run, make: Make) -> None:
    group = {"Type": "AWS::AutoScaling::AutoScalingGroup"}
    stack = make.plain(name="web", document={"Resources": {"Group": group}})
    run.up(stack)
    run.aws.hosts.add("shop", "dev", replace(HOST, scaling_group="shop-dev-web-group"))
    tag(run, f"{EC2}instance/i-1", aws__autoscaling__groupName="shop-dev-web-group")
    tag(run, f"{EC2}volume/vol-1")
    tag(run, f"{EC2}network-interface/eni-1")
    tag(run, f"{EC2}volume/vol-2")
    assert list(reasons(run, stack)) == ["vol-2"]


def test_hosts_of_a_group_that_no_stack_has_are_orphans_with_their_parts(run: Run) -> None:
    run.aws.hosts.add("shop", "dev", replace(HOST, scaling_group="old"))
    tag(run, f"{EC2}instance/i-1", aws__autoscaling__groupName="old")
    tag(run, f"{EC2}volume/vol-1")
    assert reasons(run) == {
        "i-1": "the Auto Scaling group old, which launched it, is in no stack",
        "vol-1": "is part of i-1, an orphan too",
    }


def test_a_host_that_a_stack_has_owns_its_parts(run: Run, make: Make) -> None:
    stack = make.plain(name="db", document={"Resources": {"Host": {"Type": "AWS::EC2::Instance"}}})
    run.up(stack)
    run.aws.hosts.add("shop", "dev", replace(HOST, instance_id="shop-dev-db-host"))
    tag(run, f"{EC2}instance/shop-dev-db-host")
    tag(run, f"{EC2}volume/vol-1")
    assert orphans(run, stack) == ()


def test_a_host_that_nobody_launched_by_a_stack_is_an_orphan(run: Run) -> None:
    run.aws.hosts.add("shop", "dev", HOST)
    tag(run, f"{EC2}instance/i-1")
    assert reasons(run) == {"i-1": "carries the app's tags, and no tag of a stack"}


def test_a_terminated_host_is_no_orphan(run: Run) -> None:
    tag(run, f"{EC2}instance/i-9")
    assert orphans(run) == ()


def test_stacks_are_no_orphans_themselves(run: Run) -> None:
    tag(run, f"{STACK}/shop-dev-nested/1")
    assert orphans(run) == ()


def test_the_resources_of_a_stack_that_observing_leaves_out_are_owned(run: Run, make: Make) -> None:
    template = bucket_stack(make).build(make.shop().context)
    foreign = run.aws.stacks.add(replace(template, tags={}, stack_name="other"))
    tag(run, "arn:aws:s3:::other-bucket", aws__cloudformation__stack_id=foreign.stack_id)
    assert orphans(run) == ()


def test_a_stack_under_way_is_told_because_it_may_still_delete(run: Run, make: Make) -> None:
    run.up(bucket_stack(make))
    run.aws.stacks.stack("shop-dev-store").status = StackStatus.UPDATE_IN_PROGRESS
    orphans(run, bucket_stack(make))
    notices = [each.message for each in run.told(Notice) if isinstance(each, Notice)]
    assert notices[-1] == (
        "shop-dev-store is UPDATE_IN_PROGRESS: what it still deletes is shown too"
    )


def test_without_tagged_resources_no_stack_is_read(run: Run, make: Make) -> None:
    run.up(bucket_stack(make))
    run.aws.stacks.calls.clear()
    assert orphans(run, bucket_stack(make)) == ()
    assert run.calls("list_resources") == []


def test_each_stack_of_the_app_is_read_in_one_call(run: Run, make: Make) -> None:
    run.up(bucket_stack(make))
    tag(run, "arn:aws:s3:::shop-dev-store-bucket")
    run.aws.stacks.calls.clear()
    orphans(run, bucket_stack(make))
    assert [each.split()[0] for each in run.aws.stacks.calls] == [
        "describe_stacks",
        "list_resources",
    ]


def test_a_cloud_that_refuses_is_an_error(run: Run, make: Make) -> None:
    run.up(bucket_stack(make))
    tag(run, "arn:aws:s3:::pictures")
    run.aws.stacks.script("list_resources", CloudError("no"))
    with pytest.raises(CloudError, match="no"):
        orphans(run, bucket_stack(make))
