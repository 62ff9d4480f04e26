"""The certificates of the tests, and those that the compose overlay of TLS makes, satisfy strict clients."""

import os
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.secured.certificates import KEY_PASSWORD, Certificates
from tests.secured.strict import handshake

SCRIPT = Path(__file__).parents[3] / "deploy/compose/secured/certificates.sh"
# Distributions' own openssl.cnf differ, and what is made must not: this one asks for nothing.
BARE = "[req]\ndistinguished_name = names\n[names]\n"


@pytest.fixture(scope="module", autouse=True)
def _openssl() -> None:
    if shutil.which("openssl") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("needs openssl")
        pytest.skip("needs openssl")


@pytest.fixture(params=["this machine's openssl.cnf", "a bare openssl.cnf"])
def _configured(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "bare" in request.param:
        (tmp_path / "bare.cnf").write_text(BARE)
        monkeypatch.setenv("OPENSSL_CONF", str(tmp_path / "bare.cnf"))


@pytest.mark.usefixtures("_configured")
def test_strict_clients_and_brokers_take_those_of_the_tests(tmp_path: Path) -> None:
    made = Certificates.made_in(tmp_path)
    handshake(made.authority, made.broker, "localhost")
    handshake(made.authority, made.elsewhere, "elsewhere.example")
    handshake(made.authority, made.broker, "localhost", (made.client, made.client_key, KEY_PASSWORD))
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(made.authority, made.elsewhere, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        handshake(made.stranger, made.broker, "localhost")


@pytest.mark.usefixtures("_configured")
def test_strict_clients_take_those_of_the_compose_overlay(tmp_path: Path) -> None:
    def make(host: str) -> str:
        words = ["sh", str(SCRIPT), host, str(tmp_path)]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    assert "made an authority" in make("kafka.example")
    authority, broker = tmp_path / "ca.pem", tmp_path / "broker.pem"
    for host in ("kafka", "localhost", "127.0.0.1", "kafka.example"):
        handshake(authority, broker, host)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(authority, broker, "elsewhere.example")
    assert broker.stat().st_mode & 0o077 == 0
    before = broker.read_bytes()
    assert "are good" in make("kafka.example")
    assert broker.read_bytes() == before
