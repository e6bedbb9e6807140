"""Golden templates: what CloudFormation gets, as a reviewer reads it.

``make golden`` accepts a change. User data has golden files of its own; here what it
says stands in its place, without the container.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cdinfra.model import StackTemplate
from cdinfra.stacks import Stack

GOLDEN = Path(__file__).parents[2] / "golden"
ACCEPT = "CDINFRA_ACCEPT_GOLDEN"
FIRST_KEYS = ("Type", "DependsOn", "CreationPolicy", "UpdatePolicy")
SECTIONS = ("Description", "Parameters", "Conditions", "Resources", "Outputs")


def readable(template: StackTemplate, host_config: Any) -> str:
    document = json.loads(template.body)
    for resource in document["Resources"].values():
        data = resource.get("Properties", {}).get("LaunchTemplateData")
        if data:
            says = {key: value for key, value in asdict(host_config).items() if value}
            data["UserData"] = {k: v for k, v in says.items() if k != "container"}
    document["Resources"] = {
        name: {key: body[key] for key in sorted(body, key=_place)}
        for name, body in document["Resources"].items()
    }
    ordered = {section: document[section] for section in SECTIONS if section in document}
    assert ordered.keys() == document.keys()
    return json.dumps(ordered, indent=2, ensure_ascii=False) + "\n"


def _place(key: str) -> tuple[int, str]:
    return (FIRST_KEYS.index(key) if key in FIRST_KEYS else len(FIRST_KEYS), key)


def test_a_template_is_its_golden_one(
    variant: str,
    template: StackTemplate,
    host_config: Any,
) -> None:
    text = readable(template, host_config)
    path = GOLDEN / f"{variant}.json"
    if os.environ.get(ACCEPT):
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"there is no {path.name}: accept it with make golden"
    assert text == path.read_text(encoding="utf-8"), "accept the change with make golden"


def test_no_golden_template_is_left_that_nobody_compares(variants: Mapping[str, Stack]) -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(variants)
