"""CloudFormation's quotas, each under a name, so that the local cloud refuses what AWS would.

Source for all, unless another is named: CloudFormation User Guide, "Understand CloudFormation
quotas"; the patterns and lengths of names: CloudFormation API Reference.
"""

from typing import Final

TEMPLATE_BODY_BYTES: Final = 51_200
"""Largest template that a request carries itself (``TemplateBody``)."""

TEMPLATE_URL_BYTES: Final = 1_000_000
"""Largest template in a bucket (``TemplateURL``)."""

TEMPLATE_DESCRIPTION_BYTES: Final = 1_024

PARAMETERS: Final = 200
PARAMETER_NAME_CHARACTERS: Final = 255
PARAMETER_VALUE_BYTES: Final = 4_096

MAPPINGS: Final = 200
MAPPING_ATTRIBUTES: Final = 200
MAPPING_NAME_CHARACTERS: Final = 255

OUTPUTS: Final = 200
OUTPUT_NAME_CHARACTERS: Final = 255

RESOURCES: Final = 500
RESOURCE_NAME_CHARACTERS: Final = 255

DYNAMIC_REFERENCES: Final = 60
"""Dynamic references (``{{resolve:…}}``) in one template.

Source: CloudFormation User Guide, "Get values stored in other services using dynamic
references".
"""

STACK_TAGS: Final = 50
TAG_KEY_CHARACTERS: Final = 128
TAG_VALUE_CHARACTERS: Final = 256
NOTIFICATION_ARNS: Final = 5

STACK_NAME_CHARACTERS: Final = 128
STACK_NAME_PATTERN: Final = r"[a-zA-Z][-a-zA-Z0-9]*"
CHANGE_SET_NAME_CHARACTERS: Final = 128
CHANGE_SET_NAME_PATTERN: Final = r"[a-zA-Z][-a-zA-Z0-9]*"
CHANGE_SET_DESCRIPTION_CHARACTERS: Final = 1_024
CLIENT_REQUEST_TOKEN_CHARACTERS: Final = 128
CLIENT_REQUEST_TOKEN_PATTERN: Final = r"[a-zA-Z0-9][-a-zA-Z0-9]*"  # noqa: S105 - a pattern

STACK_POLICY_BYTES: Final = 16_384
STACK_POLICY_DURING_UPDATE_BYTES: Final = 16_384
ROLLBACK_TRIGGERS: Final = 5
MONITORING_TIME_MINUTES: Final = (0, 180)
"""Least and most minutes that rollback triggers watch a stack after its operation."""

STACKS: Final = 2_000
"""Stacks of an account in one region."""

SIGNAL_UNIQUE_ID_CHARACTERS: Final = 64
CREATION_POLICY_TIMEOUT_SECONDS: Final = 12 * 60 * 60
"""Longest time that a creation policy waits for signals.

Source: CloudFormation User Guide, "CreationPolicy attribute", ``Timeout``.
"""

WAIT_CONDITION_TIMEOUT_SECONDS: Final = 43_200
"""Longest time that a wait condition waits.

Source: CloudFormation User Guide, "AWS::CloudFormation::WaitCondition", ``Timeout``.
"""
