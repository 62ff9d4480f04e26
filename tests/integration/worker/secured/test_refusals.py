"""A door that does not fit: one line that says what was found and what to set, at once, and never the secret."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.secured.broker import SecuredKafka

WRONG = "not-the-right-secret"

# What is set wrongly: on which settings, what instead, the exit code, and what the error must say.
CASES: dict[str, tuple[str, dict[str, str], int, tuple[str, ...]]] = {
    "wrong password, PLAIN": (
        "login",
        {"KAFKA_SASL_PASSWORD": WRONG},
        5,
        ("refuses the login of KAFKA_SASL_USERNAME=alice", "set the right KAFKA_SASL_PASSWORD"),
    ),
    "wrong password, SCRAM": (
        "tls_login",
        {"KAFKA_SASL_PASSWORD": WRONG, "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512"},
        5,
        ("refuses the login of KAFKA_SASL_USERNAME=alice", "set the right KAFKA_SASL_PASSWORD"),
    ),
    "unknown authority": (
        "tls",
        {"KAFKA_SSL_CAFILE": "{stranger}"},
        5,
        ("from no authority that we trust", "set KAFKA_SSL_CAFILE"),
    ),
    "another host": (
        "tls",
        {"KAFKA_BOOTSTRAP_SERVERS": "{elsewhere}"},
        5,
        ("names another host than localhost", "KAFKA_SSL_CHECK_HOSTNAME=false"),
    ),
    "no client certificate": (
        "tls",
        {"KAFKA_BOOTSTRAP_SERVERS": "{mutual}"},
        5,
        ("set KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE",),
    ),
    "wrong key password": (
        "mutual",
        {"KAFKA_SSL_PASSWORD": WRONG},
        2,
        ("KAFKA_SSL_PASSWORD does not open the key in ", "client.key"),
    ),
    "no key password": ("mutual", {"KAFKA_SSL_PASSWORD": ""}, 2, ("is encrypted; set KAFKA_SSL_PASSWORD",)),
    "the key of another certificate": (
        "mutual",
        {"KAFKA_SSL_KEYFILE": "{broker}"},
        2,
        ("are no pair of certificate and key", "KAFKA_SSL_KEYFILE"),
    ),
    "no such file": ("tls", {"KAFKA_SSL_CAFILE": "/nowhere.pem"}, 2, ("KAFKA_SSL_CAFILE=/nowhere.pem cannot be read",)),
    "no certificate in it": ("tls", {"KAFKA_SSL_CAFILE": "{nothing}"}, 2, ("holds no certificate in PEM",)),
    "plain on a TLS port": (
        "tls",
        {"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"},
        5,
        ("does not speak plain Kafka", "set KAFKA_SECURITY_PROTOCOL=SSL and KAFKA_SSL_CAFILE"),
    ),
    "TLS on a plain port": (
        "tls",
        {"KAFKA_BOOTSTRAP_SERVERS": "{plain}"},
        5,
        ("does not speak TLS with us", "set KAFKA_SECURITY_PROTOCOL to PLAINTEXT"),
    ),
    "no login": (
        "login",
        {"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"},
        5,
        ("asks for a login; set KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT", "SCRAM-SHA-256"),
    ),
    "a login where none is asked": (
        "login",
        {"KAFKA_BOOTSTRAP_SERVERS": "{plain}"},
        5,
        ("takes no login; set KAFKA_SECURITY_PROTOCOL=PLAINTEXT",),
    ),
}


@pytest.fixture
def refused(
    secured: SecuredKafka, client: str, site: Callable[..., Any], request: pytest.FixtureRequest
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command with the settings of a case."""

    def run(case: str, *words: str) -> subprocess.CompletedProcess[str]:
        name, changes, _code, _told = CASES[case]
        here = site(topics=False, KAFKA_CLIENT=client, **request.getfixturevalue(name))
        (here.folder / "nothing.pem").write_text("nothing\n")
        files = secured.certificates
        places = {
            "stranger": files.stranger,
            "broker": files.broker,
            "nothing": here.folder / "nothing.pem",
            "plain": secured.plain,
            "elsewhere": secured.address("ELSEWHERE"),
            "mutual": secured.address("MUTUAL"),
        }
        changed = {setting: value.format(**places) for setting, value in changes.items()}
        for setting in [setting for setting, value in changed.items() if not value]:
            del changed[setting], here.settings[setting]
        return here.run(*words, **changed)

    return run


@pytest.mark.parametrize("words", [("worker",), ("topics", "create")], ids=" ".join)
@pytest.mark.parametrize("case", CASES)
def test_it_is_said_in_one_line(
    case: str, words: tuple[str, ...], refused: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    _name, _changes, code, told = CASES[case]
    ended = refused(case, *words)
    (error,) = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert error.startswith("error: ")
    for each in told:
        assert each in error
    assert ended.returncode == code
    assert WRONG not in ended.stdout + ended.stderr
    assert ended.stdout == ""


def test_a_broker_that_says_nothing_is_given_up_in_bounded_time(client: str, site: Callable[..., Any]) -> None:
    """It takes connections and never answers, as one that is stopped does; the command's own timeout is the bound."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        here = site(topics=False, KAFKA_CLIENT=client, KAFKA_BOOTSTRAP_SERVERS=address)
        ended = here.run("lag")
    assert ended.returncode == 5
    assert address in ended.stderr
    assert "error: " in ended.stderr, f"after {time.monotonic() - began:.0f} s"
