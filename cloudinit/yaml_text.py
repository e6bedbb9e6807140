"""Writes YAML that people can review: literal blocks for long texts, keys in their order."""

from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """SafeDumper that never writes an alias, and writes texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 - as in the base class
        """Write everything in full."""
        del data
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def to_yaml(document: object) -> str:
    """Return a document as YAML in pure ASCII; the same document gives the same text."""
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=2**20
    )
