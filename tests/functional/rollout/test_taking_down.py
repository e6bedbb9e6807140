"""Taking an app down whose bucket keeps the state of releases, in the real local cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdinfra.aws.cloud import ConnectedAws, connect
from tests.functional.rollout.conftest import command

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from cdinfra.local.process import LocalCloud

APP = '''
"""An app with nothing but its bucket."""

from cdinfra import App
from cdinfra.stacks import Foundation


def build_app(env: str) -> App:
    app = App("taken", env=env, owner="me")
    app.add(Foundation())
    return app
'''
LOSS = ("--allow-data-loss", "foundation/Bucket")


class Taken:
    """The app, deployed, with a lock and a history in its bucket."""

    def __init__(self, aws: ConnectedAws, file: Path) -> None:
        self.aws = aws
        self.file = file
        assert self.run("up").exit_code == 0
        described = aws.stacks.describe_stack("taken-dev-foundation")
        assert described is not None
        self.bucket = described.outputs["BucketName"]
        self.s3 = aws.clients.client("s3")
        for key in ("locks/web.json", "locks/web.json", "history/web/1.json", "gone"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"{}")
        self.s3.delete_object(Bucket=self.bucket, Key="gone")

    def run(self, *words: str, typed: str | None = None) -> Result:
        return command(self.aws, self.file, *words, typed=typed)

    @property
    def versions(self) -> int:
        found = self.s3.list_object_versions(Bucket=self.bucket)
        return len(found.get("Versions", ())) + len(found.get("DeleteMarkers", ()))


@pytest.fixture
def taken(local_cloud: LocalCloud, tmp_path: Path) -> Taken:
    file = tmp_path / "infra.py"
    file.write_text(APP, encoding="utf-8")
    return Taken(connect(local_cloud.connection()), file)


def test_a_bucket_with_state_and_the_guard_and_then_its_name(taken: Taken) -> None:
    assert taken.versions == 5
    kept = taken.run("down", "--ask", "--yes")
    assert kept.exit_code == 10
    assert "lose it: --allow-data-loss foundation/Bucket" in kept.stderr
    assert taken.versions == 5
    refused = taken.run("down", "--ask", *LOSS, typed="n\n")
    assert refused.exit_code == 5
    assert taken.versions == 5
    told = taken.run("down", "--ask", "--yes", *LOSS)
    assert told.exit_code == 0
    assert (
        "foundation/Bucket holds 2 objects, the lock and the history of releases among them, and "
        "is emptied before its stack is deleted: all its versions are lost" in told.stderr
    )
    assert taken.aws.stacks.describe_stack("taken-dev-foundation") is None


def test_the_local_cloud_is_taken_down_by_one_command(taken: Taken) -> None:
    told = taken.run("down")
    assert told.exit_code == 0
    assert "foundation/Bucket holds 2 objects" in told.stderr
    assert taken.aws.stacks.describe_stack("taken-dev-foundation") is None


def test_an_empty_bucket_has_nothing_to_tell_of(taken: Taken) -> None:
    taken.aws.storage.empty_bucket(taken.bucket)
    assert taken.versions == 0
    told = taken.run("down")
    assert told.exit_code == 0
    assert "is emptied" not in told.stderr
    taken.aws.storage.empty_bucket(taken.bucket)
