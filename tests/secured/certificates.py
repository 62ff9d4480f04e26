"""Certificates and keys for one run of the tests, made by openssl in a temporary folder; none is ever committed.

Their extensions are what strict clients ask for (Python from 3.13 on), whatever this machine's openssl.cnf says.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

KEY_PASSWORD = "opens the client's key"
_DAYS = "2"
_AUTHORITY = """\
[req]
distinguished_name = names
x509_extensions = authority
[names]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
_SIGNED = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {hosts}
"""


@dataclass(frozen=True)
class Certificates:
    """Files in PEM.

    Attributes:
        authority: that signed the brokers' and the client's.
        stranger: another one, that signed none of them.
        broker: key and certificate of ``localhost``, in one file.
        elsewhere: the same of another host.
        client: a client's certificate.
        client_key: its key, which KEY_PASSWORD opens.
    """

    authority: Path
    stranger: Path
    broker: Path
    elsewhere: Path
    client: Path
    client_key: Path

    @classmethod
    def made_in(cls, folder: Path) -> "Certificates":
        """Make them all; raises FileNotFoundError where there is no openssl."""
        authority, stranger = _authority(folder, "authority"), _authority(folder, "stranger")
        broker = _signed(folder, "broker", "DNS:localhost,IP:127.0.0.1")
        elsewhere = _signed(folder, "elsewhere", "DNS:elsewhere.example")
        _signed(folder, "client", "DNS:client.example", KEY_PASSWORD)
        return cls(authority, stranger, broker, elsewhere, folder / "client.pem", folder / "client.key")


def _authority(folder: Path, name: str) -> Path:
    made = folder / f"{name}.pem"
    key = folder / f"{name}.key"
    configuration = folder / f"{name}.cnf"
    configuration.write_text(_AUTHORITY)
    words = ["-x509", "-days", _DAYS, "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(made), "-nodes"]
    _openssl("req", "-config", str(configuration), "-newkey", "rsa:2048", *words)
    return made


def _signed(folder: Path, name: str, hosts: str, password: str = "") -> Path:
    """Sign a certificate; the file with both key and certificate, as brokers take them."""
    asked, made, key, both = (folder / f"{name}.{end}" for end in ("csr", "pem", "key", "both.pem"))
    closed = ["-passout", f"pass:{password}"] if password else ["-nodes"]
    _openssl("req", "-newkey", "rsa:2048", "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(asked), *closed)
    extensions = folder / f"{name}.ext"
    extensions.write_text(_SIGNED.format(hosts=hosts))
    authority = ["-CA", str(folder / "authority.pem"), "-CAkey", str(folder / "authority.key"), "-CAcreateserial"]
    words = ["-in", str(asked), "-out", str(made), "-days", _DAYS, "-extfile", str(extensions), *authority]
    _openssl("x509", "-req", *words)
    both.write_text(key.read_text() + made.read_text())
    return both


def _openssl(*words: str) -> None:
    ended = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
