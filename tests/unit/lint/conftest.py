from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cdinfra.lint import Report, Settings, lint_templates
from cdinfra.lint.cloud_init import CloudInit
from cdinfra.model import SourceLine, StackTemplate

LOG = {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}


@pytest.fixture
def log() -> dict[str, Any]:
    """A log group in which CD404 finds something, and no other rule."""
    return dict(LOG)


@pytest.fixture
def lint() -> Callable[..., Report]:
    """Lints one stack called ``web``."""

    def run(
        resources: Mapping[str, Any],
        *,
        metadata: Mapping[str, Any] | None = None,
        sources: Mapping[str, SourceLine] | None = None,
        cloud_init: CloudInit | None = None,
        **settings: Any,
    ) -> Report:
        document = {"Resources": resources} | ({"Metadata": metadata} if metadata else {})
        stack = StackTemplate(
            name="web", stack_name="shop-dev-web", document=document, sources=sources or {}
        )
        return lint_templates([stack], Settings(cloud_init=cloud_init, **settings))

    return run


@pytest.fixture
def allowing() -> Callable[..., dict[str, Any]]:
    """Returns the metadata that states exceptions."""

    def metadata(**reasons: Any) -> dict[str, Any]:
        return {"cdinfra": {"lint": {"allow": reasons}}}

    return metadata


@pytest.fixture
def report(lint: Callable[..., Report], log: dict[str, Any], allowing: Any) -> Report:
    """A report with everything: an error, a warning, a finding that is allowed, a remark."""
    hosts = {
        "Type": "AWS::EC2::Instance",
        "Properties": {
            "ImageId": "ami-0a1b2c3d",
            "InstanceType": "t3.micro",
            "Tags": [{"Key": "DeployGroup", "Value": "web"}],
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}}],
            "UserData": {"Fn::Base64": "#!/bin/sh"},
        },
    }
    quiet = {**log, "Metadata": allowing(CD404="kept \x0b for <ever> & a day")}
    sources = {"Host": SourceLine(file="my infra.py", line=7, method="Web.build")}
    return lint({"Host": hosts, "Log": log, "Quiet": quiet}, sources=sources)
