"""What a release is: the image that the hosts of a deploy group run, named by its digest."""

RELEASE_PARAMETER = "Release"
"""Parameter of a stack of hosts that holds its release; empty before the first one."""

RELEASE_PATTERN = r"^$|^[a-z0-9]([a-z0-9._:/-]*[a-z0-9])?@sha256:[0-9a-f]{64}$"
"""What the parameter takes."""

RELEASE_MAX_LENGTH = 256
"""The release is a tag's value. Source: EC2 user guide, "Tag restrictions"."""
