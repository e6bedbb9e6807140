"""Where the images are: ECR repositories."""

from cdinfra.stacks.registry.registry import Registry
from cdinfra.stacks.registry.repository import Repository

__all__ = ["Registry", "Repository"]
