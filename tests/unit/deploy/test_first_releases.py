from datetime import UTC, datetime

import pytest

from cdinfra import App
from cdinfra.aws.stack_status import StackStatus
from cdinfra.aws.stacks import StackDescription
from cdinfra.cloudinit import Container
from cdinfra.deploy.first_releases import AppWithReleases, kept_releases, parse_releases
from cdinfra.deploy.observe import Observed, ObservedStack
from cdinfra.errors import InvalidInputError
from cdinfra.model import Retained
from cdinfra.stacks import DockerHosts, Network

IMAGE = f"127.0.0.1:5000/shop/web@sha256:{'a' * 64}"


@pytest.fixture
def app() -> App:
    app = App("shop", env="dev", owner="shop-team@example.com")
    network = app.add(Network("network"))
    app.add(DockerHosts("web", network=network, container=Container()))
    return app


def test_a_stack_of_hosts_begins_with_its_release_and_the_others_stay_as_they_are(app: App) -> None:
    before, after = app.build(), AppWithReleases(app, {"web": IMAGE}).build()
    changed = {
        new.name: new.parameters for old, new in zip(before, after, strict=True) if old != new
    }
    assert set(changed) == {"web"}
    assert changed["web"]["Release"] == Retained(initial=IMAGE)


def test_everything_else_is_the_apps(app: App) -> None:
    given = AppWithReleases(app, {})
    for name in ("name", "env", "region", "account", "places", "foundations"):
        assert getattr(given, name) == getattr(app, name)


@pytest.mark.parametrize(
    ("releases", "said"),
    [
        ({"wbe": IMAGE}, "is no stack of hosts"),
        ({"network": IMAGE}, "is no stack of hosts"),
        ({"web": "shop/web:latest"}, "is no release"),
        ({"web": ""}, "is no release"),
    ],
)
def test_what_is_no_release_or_for_no_hosts_is_refused(
    app: App, releases: dict[str, str], said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        AppWithReleases(app, releases)


@pytest.mark.parametrize("words", [["web"], ["web=a", "web=b"]])
def test_pairs_that_are_none_are_refused(words: list[str]) -> None:
    with pytest.raises(InvalidInputError, match=r"--release web"):
        parse_releases(words)


def observed(release: str) -> Observed:
    description = StackDescription(
        stack_id="arn",
        name="shop-dev-web",
        status=StackStatus.CREATE_COMPLETE,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        parameters={"Release": release},
    )
    stack = ObservedStack(stack="web", description=description)
    return Observed(app="shop", env="dev", stacks={"web": stack})


@pytest.mark.parametrize(
    ("kept", "told"), [("", 0), (IMAGE, 0), (IMAGE.replace("a" * 64, "b" * 64), 1)]
)
def test_a_group_that_keeps_another_release_is_told(app: App, kept: str, told: int) -> None:
    templates = AppWithReleases(app, {"web": IMAGE}).build()
    notices = [*kept_releases(templates, observed(kept))]
    assert len(notices) == told
    assert all(f"web keeps its release {kept}" in notice.message for notice in notices)
    assert not [*kept_releases(app.build(), observed(kept))]
