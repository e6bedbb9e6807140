"""CloudFormation's quotas, each under a name, so that the local cloud refuses what AWS would.

What the API's own model says of a request's members is not repeated here, see ``constraints``.

Source for all, unless another is named: CloudFormation User Guide, "Understand CloudFormation
quotas"; of names: CloudFormation API Reference.
"""

from typing import Final

TEMPLATE_BODY_BYTES: Final = 51_200
"""Largest template that a request carries itself (``TemplateBody``)."""

TEMPLATE_URL_BYTES: Final = 1_000_000
"""Largest template in a bucket (``TemplateURL``)."""

TEMPLATE_DESCRIPTION_BYTES: Final = 1_024

PARAMETERS: Final = 200
PARAMETER_VALUE_BYTES: Final = 4_096

MAPPINGS: Final = 200
MAPPING_ATTRIBUTES: Final = 200

OUTPUTS: Final = 200

RESOURCES: Final = 500

NAME_CHARACTERS: Final = 255
"""Of a parameter, mapping, resource or output."""

DYNAMIC_REFERENCES: Final = 60
"""Dynamic references (``{{resolve:…}}``) in one template.

Source: CloudFormation User Guide, "Get values stored in other services using dynamic
references".
"""

STACK_NAME_CHARACTERS: Final = 128
STACK_NAME_PATTERN: Final = r"[a-zA-Z][-a-zA-Z0-9]*"

STACK_POLICY_BYTES: Final = 16_384

STACKS: Final = 2_000
"""Stacks of an account in one region."""
