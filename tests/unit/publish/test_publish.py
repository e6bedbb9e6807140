"""Publishing: what is written, in which order, and what is never overwritten."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cdinfra import App
from cdinfra.aws.fake import FakeAws
from cdinfra.aws.fake_storage import FakeStorage
from cdinfra.errors import InvalidInputError
from cdinfra.model import FromEnvironment, ParameterSource, Place, Retained
from cdinfra.publish.destination import BucketDestination, Destination, FolderDestination
from cdinfra.publish.load import load_published
from cdinfra.publish.places import describe_own_bucket, parse_destination, split_manifest
from cdinfra.publish.publish import (
    Publication,
    Published,
    build_manifest,
    publish,
    quick_create_addresses,
)
from cdinfra.stacks import TemplateStack

MakeApp = Callable[..., App]


@pytest.fixture(params=["folder", "bucket"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> Destination:
    if request.param == "folder":
        return FolderDestination(root=tmp_path / "out")
    return BucketDestination(storage=FakeStorage("eu-west-1"), bucket="acme", prefix="infra")


def published(app: App, destination: Destination, version: str = "1.0") -> Published:
    return publish(app, destination, build_manifest(app, version=version))


class Recorder:
    """Passes on, and notes what is created in which order; at one file it gives up."""

    def __init__(self, inner: Destination, *, fails_at: str = "") -> None:
        self.inner = inner
        self.fails_at = fails_at
        self.created: list[str] = []

    def where(self, path: str) -> str:
        return self.inner.where(path)

    def read(self, path: str) -> bytes | None:
        return self.inner.read(path)

    def create(self, path: str, body: bytes) -> bool:
        if self.fails_at and path.endswith(self.fails_at):
            raise InterruptedError(path)
        self.created.append(Path(path).name)
        return self.inner.create(path, body)


def test_a_version_is_its_templates_a_page_and_at_the_end_the_manifest(
    app: App, destination: Destination
) -> None:
    recorder = Recorder(destination)
    done = published(app, recorder)
    assert done.publication is Publication.PUBLISHED
    assert recorder.created == ["base.json", "web.json", "index.html", "manifest.json"]
    assert done.manifest_path == destination.where("shop/dev/1.0/manifest.json")
    body = destination.read("shop/dev/1.0/web.json")
    assert body is not None
    assert json.loads(body) == app.build()[1].document


def test_the_same_again_writes_nothing(app: App, make: MakeApp, destination: Destination) -> None:
    published(app, destination)
    again = published(make(), destination)
    assert again.publication is Publication.UNCHANGED
    assert again.written == ()


def test_another_version_stands_beside_the_first(app: App, destination: Destination) -> None:
    published(app, destination)
    assert published(app, destination, "1.1").publication is Publication.PUBLISHED
    assert destination.read("shop/dev/1.0/manifest.json") != destination.read(
        "shop/dev/1.1/manifest.json"
    )


def test_other_bytes_under_the_same_version_are_refused_and_nothing_is_written(
    app: App, make: MakeApp, destination: Destination
) -> None:
    published(app, destination)
    before = destination.read("shop/dev/1.0/web.json")
    recorder = Recorder(destination)
    with pytest.raises(InvalidInputError) as caught:
        published(make(description="changed"), recorder)
    files = [Path(each.path).name for each in caught.value.problems]
    assert files == ["web.json", "index.html", "manifest.json"]
    assert "use a new version" in caught.value.hint
    assert recorder.created == []
    assert destination.read("shop/dev/1.0/web.json") == before


def test_a_version_that_was_left_half_published_is_finished(
    app: App, destination: Destination
) -> None:
    with pytest.raises(InterruptedError):
        published(app, Recorder(destination, fails_at="index.html"))
    assert destination.read("shop/dev/1.0/manifest.json") is None
    recorder = Recorder(destination)
    assert published(app, recorder).publication is Publication.FINISHED
    assert recorder.created == ["index.html", "manifest.json"]


def test_somebody_who_publishes_other_bytes_at_the_same_moment_is_not_overwritten(
    app: App, make: MakeApp, destination: Destination
) -> None:
    class Late(Recorder):
        def create(self, path: str, body: bytes) -> bool:
            if path.endswith("web.json"):
                published(make(size="5", description="other"), self.inner)
            return super().create(path, body)

    with pytest.raises(InvalidInputError, match=r"web\.json"):
        published(app, Late(destination))


def test_a_folder_holds_nothing_unfinished(app: App, tmp_path: Path) -> None:
    published(app, FolderDestination(root=tmp_path))
    names = sorted(path.name for path in (tmp_path / "shop/dev/1.0").iterdir())
    assert names == ["base.json", "index.html", "manifest.json", "web.json"]


def test_a_folder_that_cannot_be_written_to_is_one_clear_error(app: App, tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file where a folder has to be")
    with pytest.raises(InvalidInputError, match="cannot be"):
        published(app, FolderDestination(root=tmp_path))


@pytest.mark.parametrize("version", ["", "../x", "a/b", ".hidden", "x" * 65, "1 0", "1.0\n"])
def test_a_version_that_leads_elsewhere_is_refused(app: App, version: str) -> None:
    with pytest.raises(InvalidInputError, match="is no name"):
        build_manifest(app, version=version)


def test_a_hidden_value_is_never_published(make: MakeApp) -> None:
    with pytest.raises(InvalidInputError) as caught:
        build_manifest(make(size="hunter2", hidden=True), version="1.0")
    assert "stacks/web/parameters/Size: is hidden" in caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    "source", [Retained(initial="hunter2"), FromEnvironment("SIZE", default="hunter2")]
)
def test_a_hidden_value_beside_its_source_is_never_published(source: ParameterSource) -> None:
    template = 'Parameters: {P: {Type: String, NoEcho: true}}\nResources: {T: {Type: "A::B::C"}}'
    app = App("shop", env="dev", owner="team")
    app.add(TemplateStack("one", template=template, parameters={"P": source}))
    with pytest.raises(InvalidInputError, match="stacks/one/parameters/P: is hidden"):
        build_manifest(app, version="1.0")


def test_a_hidden_default_is_never_published() -> None:
    template = """
Parameters: {P: {Type: String, NoEcho: true, Default: hunter2}}
Resources: {T: {Type: "A::B::C"}}
"""
    app = App("shop", env="dev", owner="team")
    app.add(TemplateStack("one", template=template))
    with pytest.raises(InvalidInputError, match="its default would be in the template"):
        build_manifest(app, version="1.0")


def test_the_console_opens_with_what_is_known_and_not_hidden(make: MakeApp) -> None:
    bucket = BucketDestination(storage=FakeStorage("eu-west-1"), bucket="acme", prefix="infra")
    found = quick_create_addresses(make(size="4 & 5"), bucket, "1.0", "eu-west-1")
    assert found["web"] == (
        "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1"
        "#/stacks/create/review?templateURL=https%3A%2F%2Facme.s3.eu-west-1.amazonaws.com"
        "%2Finfra%2Fshop%2Fdev%2F1.0%2Fweb.json&stackName=shop-dev-web&param_Size=4%20%26%205"
    )
    hidden = quick_create_addresses(make(hidden=True), bucket, "1.0", "cn-north-1")["web"]
    assert "param_" not in hidden
    assert hidden.startswith("https://cn-north-1.console.amazonaws.cn/")
    assert "acme.s3.cn-north-1.amazonaws.com.cn" in hidden


def test_a_published_version_is_the_app_that_it_was_built_from_without_its_hooks(
    app: App, destination: Destination
) -> None:
    done = published(app, destination)
    inner = _inside(destination, "shop/dev/1.0")
    version = load_published(inner, "manifest.json")
    assert version.build() == tuple(
        replace(each, settings=replace(each.settings, hooks=None)) for each in app.build()
    )
    assert version.build()[1].settings.termination_protection
    assert (version.name, version.env, version.region) == (app.name, app.env, app.region)
    assert version.foundations == app.foundations == ("base",)
    assert version.version == done.manifest.version


def _inside(destination: Destination, folder: str) -> Destination:
    if isinstance(destination, FolderDestination):
        return FolderDestination(root=destination.root / folder)
    assert isinstance(destination, BucketDestination)
    return BucketDestination(
        storage=destination.storage, bucket=destination.bucket, prefix=destination.key(folder)
    )


def test_a_template_that_was_changed_or_lost_is_not_brought_up(app: App, tmp_path: Path) -> None:
    published(app, FolderDestination(root=tmp_path))
    folder = FolderDestination(root=tmp_path / "shop/dev/1.0")
    (folder.root / "web.json").write_text("{}")
    (folder.root / "base.json").unlink()
    with pytest.raises(InvalidInputError) as caught:
        load_published(folder, "manifest.json")
    base, web = caught.value.problems
    assert base.message == "is missing"
    assert web.message.startswith("has the hash 44136fa355b3, not ")


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda _: "[]", "is no manifest"),
        (lambda _: "nonsense", "is no JSON"),
        (lambda text: text.replace('"schema": 1', '"schema": 2'), "is no manifest"),
        (lambda text: text.replace('"env": "dev"', '"env": 7'), "/env: is of the wrong type"),
        (lambda text: text.replace('"app"', '"apple"', 1), "/apple: is not known"),
        (
            lambda text: text.replace('"web.json"', '"../web.json"'),
            "'../web.json' is not 'web.json'",
        ),
        (lambda text: text.replace('"kind": "literal"', '"kind": "x"'), "/sources/Size/kind: 'x'"),
        (
            lambda text: text.replace('"region": null', '"region": "x"'),
            "/stacks/0/place/region: 'x' is no region",
        ),
        (lambda text: text.replace('"external_id"', '"id"', 1), "/stacks/0/place: is no place"),
    ],
)
def test_a_manifest_that_was_edited_is_refused_with_the_place(
    app: App, tmp_path: Path, edit: Callable[[str], str], told: str
) -> None:
    published(app, FolderDestination(root=tmp_path))
    file = tmp_path / "shop/dev/1.0/manifest.json"
    file.write_text(edit(file.read_text()))
    with pytest.raises(InvalidInputError) as caught:
        load_published(FolderDestination(root=file.parent), file.name)
    assert told in caught.value.message
    assert str(file) in caught.value.message


def test_a_place_is_a_folder_or_a_bucket() -> None:
    storage = FakeStorage("eu-west-1")
    folder = parse_destination("--to", "build/x", lambda: storage)
    assert folder == FolderDestination(root=Path("build/x"))
    for given, prefix in (("s3://acme", ""), ("s3://acme/", ""), ("s3://acme/a/b/", "a/b")):
        found = parse_destination("--to", given, lambda: storage)
        assert found == BucketDestination(storage=storage, bucket="acme", prefix=prefix)
    for wrong in ("gs://acme", "s3://", "s3://A_b/x", "https://x"):
        with pytest.raises(InvalidInputError, match="is neither"):
            parse_destination("--to", wrong, lambda: storage)


def test_a_manifest_is_named_by_its_path_or_address() -> None:
    assert split_manifest("manifest.json") == (".", "manifest.json")
    assert split_manifest("/manifest.json") == ("/", "manifest.json")
    assert split_manifest("s3://acme/a/manifest.json") == ("s3://acme/a", "manifest.json")
    for wrong in ("", "a/", "s3://acme"):
        with pytest.raises(InvalidInputError, match="is no manifest"):
            split_manifest(wrong)


def test_without_a_deployed_foundation_there_is_no_bucket_of_its_own(app: App) -> None:
    with pytest.raises(InvalidInputError, match="has no bucket of its own"):
        describe_own_bucket(FakeAws(), app)


def test_places_accounts_and_sources_of_values_are_part_of_a_version(
    app: App, destination: Destination
) -> None:
    partner = Place(
        region="us-east-1",
        account_role="arn:aws:iam::210987654321:role/deployer",
        external_id="shop",
    )
    app.expect_accounts({app.env: "123456789012"})
    app.look_in(partner)
    template = 'Parameters: {Name: {Type: String}}\nResources: {T: {Type: "AWS::SNS::Topic"}}'
    source = FromEnvironment("NAME")
    app.add(TemplateStack("edge", template=template, parameters={"Name": source}), place=partner)
    done = published(app, destination)
    version = load_published(_inside(destination, "shop/dev/1.0"), "manifest.json")
    assert (version.account, version.places) == ("123456789012", (partner,))
    assert [(each.place, each.parameters) for each in version.templates] == [
        (each.place, each.parameters) for each in app.build()
    ]
    page = destination.read("shop/dev/1.0/index.html") or b""
    assert b"environment variable <code>NAME</code>" in page
    assert done.manifest.account == "123456789012"
