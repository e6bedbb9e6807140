from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.stack_status import StackStatus
from cdinfra.errors import InvalidInputError
from cdinfra.model import HOME, Place
from cdinfra.rollout.find_group import find_group, group_templates

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdinfra.aws.fake import FakeAws
    from cdinfra.rollout.group import DeployGroup
    from tests.unit.rollout.edges.conftest import Make

US = Place(region="us-east-1")


@pytest.mark.parametrize("name", ["web", "shop-dev-web"])
def test_a_group_is_found_by_its_stack_and_by_its_tag(
    aws: FakeAws, make: Make, group: DeployGroup, deployed: Callable[..., None], name: str
) -> None:
    app = make.app(make.foundation(), make.hosts_stack())
    deployed(app)
    assert find_group(aws, app, name) == group


def test_the_groups_of_an_app_are_its_stacks_with_a_release(make: Make) -> None:
    app = make.app(make.foundation(), make.hosts_stack(), make.hosts_stack("worker"))
    assert [each.name for each in group_templates(app)] == ["web", "worker"]


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("webb", "is no deploy group of this app", "did you mean 'web'?"),
        ("foundation", "is a stack without hosts that run a release", "one of 'web', 'worker'"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(
    aws: FakeAws, make: Make, name: str, message: str, hint: str
) -> None:
    app = make.app(make.foundation(), make.hosts_stack(), make.hosts_stack("worker"))
    with pytest.raises(InvalidInputError) as raised:
        find_group(aws, app, name)
    (problem,) = raised.value.problems
    assert (problem.path, problem.message, problem.hint) == (f"GROUP {name}", message, hint)


def test_a_group_of_several_stacks_is_refused(
    aws: FakeAws, make: Make, deployed: Callable[..., None]
) -> None:
    stacks = [make.hosts_stack(), make.hosts_stack("worker")]
    stacks[1].outputs["DeployGroup"] = "shop-dev-web"
    app = make.app(make.foundation(), *stacks)
    deployed(app)
    for name in ("web", "worker", "shop-dev-web"):
        with pytest.raises(InvalidInputError, match="web and worker have the same tag DeployGroup"):
            find_group(aws, app, name)


def test_groups_in_several_places_may_share_a_tag(
    aws: FakeAws, make: Make, deployed: Callable[..., None]
) -> None:
    abroad = make.hosts_stack("worker")
    abroad.outputs["DeployGroup"] = "shop-dev-web"
    app = make.app(make.foundation(), make.hosts_stack())
    app.add(abroad, place=US)
    deployed(app)
    assert find_group(aws, app, "web").name == "shop-dev-web"


def test_an_app_without_hosts_says_so(aws: FakeAws, make: Make) -> None:
    with pytest.raises(InvalidInputError, match="the app has no DockerHosts or DockerHost"):
        find_group(aws, make.app(make.foundation()), "web")


def test_a_stack_that_is_not_deployed_is_told_with_the_command(aws: FakeAws, make: Make) -> None:
    app = make.app(make.foundation(), make.hosts_stack())
    with pytest.raises(InvalidInputError, match=r"shop-dev-web is not deployed \(cdinfra up web"):
        find_group(aws, app, "web")
    aws.stacks.add(app.build()[1], status=StackStatus.REVIEW_IN_PROGRESS)
    with pytest.raises(InvalidInputError, match="is not deployed"):
        find_group(aws, app, "web")


def test_an_app_without_a_bucket_is_told_how_to_get_one(
    aws: FakeAws, make: Make, deployed: Callable[..., None]
) -> None:
    app = make.app(make.hosts_stack())
    deployed(app)
    with pytest.raises(InvalidInputError, match=r"add Foundation\(\) to the app"):
        find_group(aws, app, "web")


def test_a_bucket_that_is_not_deployed_is_told_with_the_command(aws: FakeAws, make: Make) -> None:
    app = make.app(make.foundation(), make.hosts_stack())
    aws.stacks.add(app.build()[1])
    with pytest.raises(InvalidInputError, match=r"no bucket yet .*cdinfra up foundation"):
        find_group(aws, app, "web")


def test_a_group_in_another_place_has_the_bucket_of_that_place(
    aws: FakeAws, make: Make, deployed: Callable[..., None]
) -> None:
    home, there = make.foundation(), make.foundation("foundation-us")
    web = make.hosts_stack()
    app = make.app(home)
    app.add(there, place=US)
    app.add(web, place=US)
    deployed(app)
    found = find_group(aws, app, "web")
    assert (found.place, found.bucket) == (US, "bucket-of-foundation-us")


def test_a_group_in_a_place_without_a_bucket_has_the_apps_own(
    aws: FakeAws, make: Make, deployed: Callable[..., None]
) -> None:
    app = make.app(make.foundation())
    app.add(make.hosts_stack(), place=US)
    deployed(app)
    assert find_group(aws, app, "web").bucket == "bucket-of-foundation"
    assert find_group(aws, app, "web").place != HOME
