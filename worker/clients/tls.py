"""TLS as the settings ask for it: are the files in order, and does the broker's certificate fit? One handshake tells,
in the same words for every client; the clients themselves would try for ever and call it a slow network.
"""

import socket
import ssl
from pathlib import Path
from typing import Final

from scoring.errors import BrokerError, SettingsError
from scoring.settings.kafka_settings import KafkaSettings

_HOST_MISMATCH: Final = frozenset({62, 64})  # OpenSSL's: of a name, of an IP address
_EXPIRED: Final = frozenset({9, 10})


def tls_context(kafka: KafkaSettings) -> ssl.SSLContext:
    """What a handshake needs, of the files that the settings name.

    Raises:
        SettingsError: a file is missing or holds no such thing, or the key's password does not open it.
    """
    for name, file in (("CAFILE", kafka.ssl_cafile), ("CERTFILE", kafka.ssl_certfile), ("KEYFILE", kafka.ssl_keyfile)):
        if file is not None:
            _refuse_unreadable(f"KAFKA_SSL_{name}", file)
    try:
        context = ssl.create_default_context(cafile=kafka.ssl_cafile)
    except ssl.SSLError as error:
        raise SettingsError(
            f"KAFKA_SSL_CAFILE={kafka.ssl_cafile} holds no certificate in PEM ({_told(error)}); name the file of the "
            "authority that signed the brokers' certificates"
        ) from error
    context.check_hostname = kafka.ssl_check_hostname
    if kafka.ssl_certfile is not None:
        _load_client_certificate(context, kafka, kafka.ssl_certfile)
    return context


def handshake(plain: socket.socket, server: str, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Speak TLS from now on.

    Args:
        plain: a connection to that server.
        server: as ``host:port``, for messages.
        host: that its certificate must name.
        context: of :func:`tls_context`.

    Raises:
        BrokerError: it does not speak TLS, or its certificate is not to be trusted.
        TimeoutError: it did not answer.
    """
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise BrokerError(f"the certificate of the broker at {server} {_distrust(error, host)}") from error
    except TimeoutError:
        raise
    except OSError as error:  # ssl.SSLError is one
        raise BrokerError(
            f"the listener at {server} does not speak TLS with us ({_told(error)}): set KAFKA_SECURITY_PROTOCOL to "
            "PLAINTEXT or SASL_PLAINTEXT if it is a plain one, or the port of its TLS listener in "
            "KAFKA_BOOTSTRAP_SERVERS"
        ) from error


def client_refused(server: str, kafka: KafkaSettings, error: OSError) -> BrokerError:
    """For a broker that ends the conversation after the handshake: it did not like the client's certificate."""
    if kafka.ssl_certfile is None:
        wanted = "it may ask for a client certificate: set KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE"
    else:
        wanted = (
            f"it may not trust KAFKA_SSL_CERTFILE={kafka.ssl_certfile}: use one signed by an authority that it knows"
        )
    return BrokerError(
        f"the broker at {server} ended the connection after the TLS handshake ({_told(error)}); {wanted}"
    )


def _refuse_unreadable(name: str, file: str) -> None:
    try:
        Path(file).read_bytes()
    except OSError as error:
        raise SettingsError(f"{name}={file} cannot be read: {error.strerror or error}") from error


def _load_client_certificate(context: ssl.SSLContext, kafka: KafkaSettings, certificate: str) -> None:
    asked = False

    def password() -> str:
        nonlocal asked
        asked = True
        return kafka.ssl_password.get_secret_value() if kafka.ssl_password is not None else ""

    key = kafka.ssl_keyfile or certificate
    try:
        context.load_cert_chain(certificate, kafka.ssl_keyfile, password)
    except (ssl.SSLError, ValueError) as error:
        if asked and kafka.ssl_password is None:
            raise SettingsError(f"the key in {key} is encrypted; set KAFKA_SSL_PASSWORD to its password") from error
        if asked:
            raise SettingsError(f"KAFKA_SSL_PASSWORD does not open the key in {key}; set the right one") from error
        raise SettingsError(
            f"KAFKA_SSL_CERTFILE={certificate} and the key in {key} are no pair of certificate and key in PEM "
            f"({_told(error)}); name the certificate's own key in KAFKA_SSL_KEYFILE"
        ) from error


def _distrust(error: ssl.SSLCertVerificationError, host: str) -> str:
    if error.verify_code in _HOST_MISMATCH:
        return (
            f"names another host than {host} ({error.verify_message}); set KAFKA_BOOTSTRAP_SERVERS to the name that it "
            "does name, or KAFKA_SSL_CHECK_HOSTNAME=false if you trust this network"
        )
    if error.verify_code in _EXPIRED:
        return f"is not valid now ({error.verify_message}); renew it, or mend this machine's clock"
    return (
        f"is from no authority that we trust ({error.verify_message}); set KAFKA_SSL_CAFILE to the certificate of the "
        "authority that signed it"
    )


def _told(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
