"""A broker that asks for certificates and logins, in place of the one of all other tests, and the ways to reach it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local_services import WayFailed
from tests.secured.broker import PASSWORDS, SecuredKafka, secured_kafka
from tests.secured.certificates import KEY_PASSWORD


@pytest.fixture(scope="session")
def secured() -> Iterator[SecuredKafka]:
    """The broker; it is always made of jars, as no other's security could be changed."""
    with ExitStack() as running:
        try:
            found = running.enter_context(secured_kafka())
        except (WayFailed, FileNotFoundError) as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield found


@pytest.fixture(scope="session")
def kafka_servers(secured: SecuredKafka) -> str:
    """The listener that asks nothing, for what a test does itself; its site's commands are given another."""
    return secured.plain


@pytest.fixture(params=["kafka-python", "confluent"])
def client(request: pytest.FixtureRequest) -> str:
    """KAFKA_CLIENT."""
    return str(request.param)


@pytest.fixture(scope="session")
def tls(secured: SecuredKafka) -> dict[str, str]:
    """Settings: TLS, the broker's host verified."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": secured.address("TLS"),
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CAFILE": str(secured.certificates.authority),
    }


@pytest.fixture(scope="session")
def mutual(secured: SecuredKafka, tls: dict[str, str]) -> dict[str, str]:
    """Settings: TLS on both sides, the client's key under a password."""
    return tls | {
        "KAFKA_BOOTSTRAP_SERVERS": secured.address("MUTUAL"),
        "KAFKA_SSL_CERTFILE": str(secured.certificates.client),
        "KAFKA_SSL_KEYFILE": str(secured.certificates.client_key),
        "KAFKA_SSL_PASSWORD": KEY_PASSWORD,
    }


@pytest.fixture(scope="session")
def login(secured: SecuredKafka) -> dict[str, str]:
    """Settings: a login in the clear."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": secured.address("LOGIN"),
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_SASL_USERNAME": "alice",
        "KAFKA_SASL_PASSWORD": PASSWORDS["alice"],
    }


@pytest.fixture(scope="session")
def tls_login(secured: SecuredKafka, login: dict[str, str], tls: dict[str, str]) -> dict[str, str]:
    """Settings: a login over TLS."""
    over = {"KAFKA_BOOTSTRAP_SERVERS": secured.address("TLSLOGIN"), "KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}
    return tls | login | over
