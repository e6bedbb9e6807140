"""Images: how a person names one, and the one that a registry keeps under that name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that a registry has, exactly one.

    Attributes:
        release: By digest, ``repository@sha256:…``: what hosts are told to run.
        tag: The tag that it was asked for by; empty where by digest.
        architectures: What it is built for, as EC2 spells it: ``x86_64``, ``arm64``; none where
            the registry does not say.
        labels: Labels of the image, as far as the registry says them: source and revision.
        size_bytes: What it takes in the registry, compressed; None where that is not known.
        notes: What could not be found out of it, or is worth knowing; one sentence each.
    """

    release: str
    tag: str = ""
    architectures: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    size_bytes: int | None = None
    notes: tuple[str, ...] = ()
