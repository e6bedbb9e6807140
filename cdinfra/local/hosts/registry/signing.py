"""The key that signs the registries' tokens, and the certificate by which they know it."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

NAME = "cdinfra local registry tokens"
EARLIER, LATER = timedelta(days=1), timedelta(days=3650)
"""How long before and after it was made the certificate holds: longer than a local cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key of the curve P-256 and its certificate.

    Attributes:
        private_key: In PEM.
        certificate: In PEM, for the registry.
        chain: The certificate as the ``x5c`` header of a token has it.
    """

    private_key: bytes
    certificate: str
    chain: tuple[str, ...]


def make_signing_key(now: datetime) -> SigningKey:
    """Make a key and a certificate that it signs itself.

    Args:
        now: The time, with a time zone.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + LATER)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    return SigningKey(
        private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        chain=(base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),),
    )
