"""What a release is: the image that the hosts of a deploy group run, named by its digest."""

RELEASE_PARAMETER = "Release"
"""Parameter of a stack of hosts that holds its release; empty before the first one."""

IMAGE_PATTERN = r"(?!.*[./]{2})[a-z0-9]([a-z0-9._:/-]{0,253}[a-z0-9])?@sha256:[0-9a-f]{64}"
"""An image by digest, the whole of it; two dots or slashes in a row would be another path."""

RELEASE_PATTERN = rf"^$|^{IMAGE_PATTERN}$"
"""What the parameter takes."""

RELEASE_MAX_LENGTH = 256
"""The release is a tag's value. Source: EC2 user guide, "Tag restrictions"."""
