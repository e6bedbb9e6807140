"""Rules about what ties a template to one place."""

import re
from collections.abc import Iterator
from typing import Final

from cdinfra.lint.finding import Severity
from cdinfra.lint.rule import Hit, Rule
from cdinfra.lint.template import Template
from cdinfra.model.strings import strings

_ARN = re.compile(r"\barn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?P<account>\d{12}):")
_IMAGE = re.compile(r"ami-[0-9a-f]{8,17}")


def _fixed(template: Template) -> Iterator[Hit]:
    for resource in template.resources():
        for path, text in strings(resource.properties):
            where = ".".join(map(str, path))
            if _ARN.search(text):
                yield resource.hit(f"{where} names one account", "Properties", *path)
            elif _IMAGE.fullmatch(text):
                yield resource.hit(f"{where} names the image of one region", "Properties", *path)


RULES: Final = (
    Rule(
        id="CD601",
        severity=Severity.INFO,
        title="A template holds for one account or region.",
        reason="It cannot be brought up anywhere else; AWS::AccountId and AWS::Region can.",
        source="CloudFormation user guide, Pseudo parameters reference",
        check=_fixed,
    ),
)
