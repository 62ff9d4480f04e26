"""The broker: a listener for every way to speak to it, three users, access rules and quotas."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from local_services import KafkaProcess
from local_services.java import find_java
from local_services.kafka_jars import kafka_jars
from local_services.ports import LOCALHOST, free_port
from tests.secured.certificates import Certificates

# Who may log in; the first may do everything, the second what rules allow, the third everything, but slowly.
PASSWORDS = {"alice": "alices-password", "bob": "bobs-password", "sloth": "sloths-password"}
_TLS = ("MUTUAL", "TLS", "ELSEWHERE", "TLSLOGIN")
_LOGINS = ("LOGIN", "TLSLOGIN")
_LISTENERS = ("PLAINTEXT", *_TLS, "LOGIN")


@dataclass(frozen=True)
class SecuredKafka:
    """A running broker.

    Attributes:
        certificates: its own and a client's.
        plain: the address of the listener that asks nothing and allows everything.
    """

    certificates: Certificates
    plain: str
    _ports: Mapping[str, int]
    _java: Path
    _jars: Path

    def address(self, listener: str) -> str:
        """Of a listener: PLAINTEXT, TLS, MUTUAL, ELSEWHERE (with the certificate of another host), LOGIN, TLSLOGIN."""
        return f"localhost:{self._ports[listener]}"

    @property
    def admin(self) -> KafkaAdminClient:
        """One that may do everything; a context manager."""
        return KafkaAdminClient(bootstrap_servers=self.plain)

    def allow(self, user: str, rights: Mapping[tuple[ResourceType, str], tuple[ACLOperation, ...]]) -> None:
        """Let a user do these things; names of resources are whole."""
        with self.admin as admin:
            admin.create_acls(
                [
                    ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(*resource))
                    for resource, operations in rights.items()
                    for operation in operations
                ]
            )

    def limit(self, user: str, **bytes_a_second: int) -> None:
        """Set a user's quota: ``producer_byte_rate=20_000``. No Python client can."""
        changes = ",".join(f"{name}={value}" for name, value in bytes_a_second.items())
        words = ["--bootstrap-server", self.plain, "--alter", "--add-config", changes]
        words += ["--entity-type", "users", "--entity-name", user]
        command = [str(self._java), "-XX:TieredStopAtLevel=1", "-cp", f"{self._jars}/*", "kafka.admin.ConfigCommand"]
        ended = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr


@contextmanager
def secured_kafka() -> Iterator[SecuredKafka]:
    """Start one in a temporary folder; raises WayFailed or FileNotFoundError where Java, the jars or openssl fail."""
    java, jars = find_java(), kafka_jars(lambda _line: None)
    with tempfile.TemporaryDirectory(prefix="ridescore-kafka-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        certificates = Certificates.made_in(folder)
        ports: dict[str, int] = {}
        while len(ports) < len(_LISTENERS) + 1:
            port = free_port()
            if port not in ports.values():
                ports[[*_LISTENERS, "CONTROLLER"][len(ports)]] = port
        broker = KafkaProcess(java, jars, folder, _properties(ports, certificates))
        broker.port = ports["PLAINTEXT"]
        try:
            broker.start()
            running = SecuredKafka(certificates, broker.bootstrap_servers, ports, java, jars)
            with running.admin as admin:
                for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
                    told = admin.alter_user_scram_credentials(
                        [UserScramCredentialUpsertion(user, mechanism, word) for user, word in PASSWORDS.items()]
                    )
                    assert not any(told.values()), told
            yield running
        finally:
            broker.kill()


def _properties(ports: Mapping[str, int], certificates: Certificates) -> dict[str, str]:
    protocols = dict.fromkeys(_TLS, "SSL") | {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"}
    protocols |= {"LOGIN": "SASL_PLAINTEXT", "TLSLOGIN": "SASL_SSL"}
    found: dict[str, Any] = {
        "controller.quorum.voters": f"1@{LOCALHOST}:{ports['CONTROLLER']}",
        "listeners": ",".join(f"{name}://{LOCALHOST}:{port}" for name, port in ports.items()),
        "advertised.listeners": ",".join(f"{name}://localhost:{ports[name]}" for name in _LISTENERS),
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:alice;User:sloth;User:CN=client",
        "group.min.session.timeout.ms": "1000",
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    }
    for name in _TLS:
        prefix = f"listener.name.{name.lower()}.ssl"
        held = certificates.elsewhere if name == "ELSEWHERE" else certificates.broker
        found |= {f"{prefix}.keystore.type": "PEM", f"{prefix}.keystore.location": held}
        found |= {f"{prefix}.truststore.type": "PEM", f"{prefix}.truststore.location": certificates.authority}
        found |= {f"{prefix}.client.auth": "required" if name == "MUTUAL" else "none"}
    users = " ".join(f'user_{user}="{password}"' for user, password in PASSWORDS.items())
    modules = "org.apache.kafka.common.security"
    for name in _LOGINS:
        prefix = f"listener.name.{name.lower()}"
        found[f"{prefix}.sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
        found[f"{prefix}.plain.sasl.jaas.config"] = f"{modules}.plain.PlainLoginModule required {users};"
        for mechanism in ("scram-sha-256", "scram-sha-512"):
            found[f"{prefix}.{mechanism}.sasl.jaas.config"] = f"{modules}.scram.ScramLoginModule required;"
    return {name: str(value) for name, value in found.items()}
