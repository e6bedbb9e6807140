"""The certificates of TLS listeners, with their keys.

What was imported into the local ACM is served as it is. For a requested certificate the local
ACM makes one for its domain, which no client trusts: nobody has issued it.
"""

from typing import Any


def read_certificate(backend: Any, arn: str) -> str:  # noqa: ANN401 - moto's own type
    """Return a certificate, its chain and its key as one PEM text; empty where it has no key.

    Args:
        backend: moto's backend of ELBv2.
        arn: ARN of the certificate, of ACM or of IAM.
    """
    from moto.acm.models import AWS_ROOT_CA, acm_backends  # noqa: PLC0415 - slow to import
    from moto.iam.models import iam_backends  # noqa: PLC0415 - slow to import

    if ":iam:" in arn:
        iam = iam_backends[backend.account_id][backend.partition]
        kept = iam.get_certificate_by_arn(arn)
        if kept is None:
            return ""
        return _joined(kept.cert_body, kept.cert_chain or "", kept.private_key)
    found = acm_backends[backend.account_id][backend.region_name]._certificates.get(arn)  # noqa: SLF001 - reading through the API would change the certificate's status
    if found is None:
        return ""
    chain = found.chain.replace(AWS_ROOT_CA, b"").decode() if found.type == "IMPORTED" else ""
    return _joined(found.cert.decode(), chain, found.key.decode())


def _joined(*texts: str) -> str:
    return "".join(f"{text.strip()}\n" for text in texts if text.strip())
