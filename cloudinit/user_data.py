"""Renders user data, and keeps it within what EC2 takes.

One cloud-config document alone is user data as it is; anything more becomes a MIME
multi-part document. What does not fit as it is is compressed: cloud-init reads gzip.
"""

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

import yaml

from cdinfra.cloudinit.checks import Checks
from cdinfra.cloudinit.cloud_config import HEADER, CloudConfig
from cdinfra.cloudinit.cloud_config_keys import CLOUD_CONFIG_KEYS
from cdinfra.errors import InvalidInputError, Problem, nearest

USER_DATA_LIMIT = 16_384
"""Largest user data in bytes, before base64.

Source: EC2 user guide, "Run commands at launch using user data".
"""

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class ContentType(StrEnum):
    """What a part of the user data is.

    Source: docs.cloud-init.io, "User data formats".
    """

    CLOUD_CONFIG = "text/cloud-config"
    SHELL_SCRIPT = "text/x-shellscript"
    SHELL_SCRIPT_PER_BOOT = "text/x-shellscript-per-boot"
    BOOTHOOK = "text/cloud-boothook"
    JINJA = "text/jinja2"


class Encoding(StrEnum):
    """How user data is stored."""

    PLAIN = "plain"
    GZIP = "gzip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the user data.

    Attributes:
        content_type: What it is.
        file_name: How cloud-init and error messages call it.
        text: Its content.
    """

    content_type: str
    file_name: str
    text: str

    def __post_init__(self) -> None:
        """Check every field, and the text as far as its type says what it must look like."""
        checks = Checks(f"user_data/{self.file_name}")
        checks.one_of("content_type", self.content_type, tuple(ContentType))
        hint = "letters, digits and . _ -, at most 64"
        checks.matches("file_name", self.file_name, _FILE_NAME, hint)
        checks.text("text", self.text)
        if not checks.problems:
            _check_text(checks, self)
        checks.done()

    @classmethod
    def of(cls, config: CloudConfig, *, file_name: str = "cloud-config.yaml") -> "Part":
        """Return a cloud-config document as a part."""
        return cls(content_type=ContentType.CLOUD_CONFIG, file_name=file_name, text=config.render())


@dataclass(frozen=True, slots=True, kw_only=True)
class UserData:
    """User data that fits.

    Attributes:
        content: The bytes that EC2 hands to the host.
        encoding: Whether they are compressed.
    """

    content: bytes
    encoding: Encoding

    @property
    def size(self) -> int:
        """Bytes that count against :data:`USER_DATA_LIMIT`."""
        return len(self.content)

    def base64(self) -> str:
        """Return what the ``UserData`` property of a launch template takes."""
        return base64.b64encode(self.content).decode("ascii")

    def text(self) -> str:
        """Return the content as text, uncompressed, for people to read."""
        plain = gzip.decompress(self.content) if self.encoding == Encoding.GZIP else self.content
        return plain.decode()


def render_user_data(parts: tuple[Part, ...]) -> UserData:
    """Render parts as user data; the same parts give the same bytes.

    Raises:
        InvalidInputError: There is no part, or they do not fit even when compressed.
    """
    if not parts:
        raise InvalidInputError(Problem(path="user_data", message="has no part"))
    if len(parts) == 1 and parts[0].content_type == ContentType.CLOUD_CONFIG:
        plain = parts[0].text.encode()
    else:
        plain = _multi_part(parts)
    if len(plain) <= USER_DATA_LIMIT:
        return UserData(content=plain, encoding=Encoding.PLAIN)
    packed = _gzip(plain)
    if len(packed) > USER_DATA_LIMIT:
        raise _too_large(parts, len(packed))
    return UserData(content=packed, encoding=Encoding.GZIP)


def _check_text(checks: Checks, part: Part) -> None:
    match part.content_type:
        case ContentType.CLOUD_CONFIG:
            _check_cloud_config(checks, part.text)
        case ContentType.SHELL_SCRIPT | ContentType.SHELL_SCRIPT_PER_BOOT:
            checks.require(part.text.startswith("#!"), "text", "does not start with #!")
        case _:
            checks.require(bool(part.text.strip()), "text", "is empty")


def _check_cloud_config(checks: Checks, text: str) -> None:
    if not text.startswith(HEADER):
        checks.add("text", "does not start with the line #cloud-config")
        return
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        checks.add("text", f"is not valid YAML: {' '.join(str(error).split())}")
        return
    if not isinstance(document, dict):
        checks.add("text", "is not a mapping of cloud-config keys")
        return
    for key in document:
        known = key in CLOUD_CONFIG_KEYS
        checks.require(
            known, f"{key}", "is no key of cloud-config", nearest(str(key), CLOUD_CONFIG_KEYS)
        )


def _multi_part(parts: tuple[Part, ...]) -> bytes:
    """Write MIME by hand: the standard library's boundary is random."""
    digest = hashlib.sha256("\0".join(part.text for part in parts).encode()).hexdigest()
    boundary = f"===={digest[:32]}===="
    lines = [
        f'Content-Type: multipart/mixed; boundary="{boundary}"',
        "MIME-Version: 1.0",
        "",
    ]
    for part in parts:
        plain = part.text.isascii() and "\r" not in part.text
        body = part.text if plain else base64.encodebytes(part.text.encode()).decode("ascii")
        lines += [
            f"--{boundary}",
            f'Content-Type: {part.content_type}; charset="utf-8"',
            "MIME-Version: 1.0",
            f"Content-Transfer-Encoding: {'7bit' if plain else 'base64'}",
            f'Content-Disposition: attachment; filename="{part.file_name}"',
            "",
            body,
        ]
    return "\n".join([*lines, f"--{boundary}--", ""]).encode()


def _gzip(content: bytes) -> bytes:
    """Compress without a time stamp, so that the same content gives the same bytes."""
    return gzip.compress(content, compresslevel=9, mtime=0)


def _too_large(parts: tuple[Part, ...], packed: int) -> InvalidInputError:
    sizes = [
        f"{part.file_name} {len(raw):,} bytes ({len(_gzip(raw)):,} compressed)"
        for part in parts
        for raw in (part.text.encode(),)
    ]
    over = packed - USER_DATA_LIMIT
    return InvalidInputError(
        Problem(
            path="user_data",
            message=f"has {packed:,} bytes when compressed, {over:,} above the limit of "
            f"{USER_DATA_LIMIT:,}: {', '.join(sizes)}",
            hint="keep long files in a bucket or in the image, and fetch them from there",
        )
    )
