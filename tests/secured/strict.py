"""A TLS handshake in memory, by the rules that Python's clients have for certificates from 3.13 on, on any Python."""

import ssl
from pathlib import Path


def handshake(authority: Path, held: Path, host: str, client: tuple[Path, Path, str] | None = None) -> None:
    """Shake hands strictly on both sides.

    Args:
        authority: whom both trust (PEM).
        held: the server's key and certificate (PEM).
        host: the name by which the client knows the server.
        client: the client's certificate, its key and the key's password; the server then asks for one.

    Raises:
        ssl.SSLError: one of them refused the other.
    """
    asking = ssl.create_default_context(cafile=str(authority))
    answering = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority))
    answering.load_cert_chain(held)
    if client:
        certificate, key, password = client
        asking.load_cert_chain(certificate, key, password)
        answering.verify_mode = ssl.CERT_REQUIRED
    for context in (asking, answering):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        asking.wrap_bio(to_client, to_server, server_hostname=host),
        answering.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _flight in range(3):
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                pass
    assert not ends, "the handshake came to no end"
