"""Makes an authority and a certificate for this machine. Runs with Airflow's Python, which has `cryptography`."""

from __future__ import annotations

import ipaddress
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_VALID = timedelta(days=3650)


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, *, issuer: str, signer: ec.EllipticCurvePrivateKey, authority: bool
) -> bytes:
    """A certificate for the loopback address, or the authority's own."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def main(folder: Path) -> None:
    """Write ca.crt, server.crt and server.key. The authority's key is not kept: it signs this once."""
    authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = "Airflow on this machine"
    (folder / "ca.crt").write_bytes(certificate(name, authority, issuer=name, signer=authority, authority=True))
    (folder / "server.crt").write_bytes(
        certificate("localhost", server, issuer=name, signer=authority, authority=False)
    )
    key = folder / "server.key"
    key.touch(mode=0o600)
    key.write_bytes(
        server.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
