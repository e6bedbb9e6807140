"""Builders of templates to draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from cdinfra.model import ParameterSource, StackTemplate

Properties = Mapping[str, Any]


def resource(kind: str, properties: Properties | None = None, **more: object) -> dict[str, Any]:
    """Return a resource of a type whose first word is AWS."""
    return {"Type": f"AWS::{kind}", "Properties": {**(properties or {}), **more}}


@dataclass(frozen=True)
class Make:
    """Builders, as a fixture: test files cannot import one another."""

    resource = staticmethod(resource)

    @staticmethod
    def stack(
        name: str,
        resources: Mapping[str, Any],
        outputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, ParameterSource] | None = None,
        **declared: Mapping[str, Any],
    ) -> StackTemplate:
        return StackTemplate(
            name=name,
            stack_name=f"shop-dev-{name}",
            document={
                "Parameters": declared,
                "Resources": resources,
                "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()},
            },
            parameters=parameters or {},
        )


@pytest.fixture
def make() -> Make:
    return Make()
