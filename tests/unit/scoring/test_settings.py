"""Settings: from the environment alone, checked, frozen, and told without secrets."""

import os
from dataclasses import fields
from typing import Any

import pydantic
import pytest
from pydantic import SecretStr

from scoring.errors import SettingsError
from scoring.settings.group import SettingsGroup
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.redis_settings import RedisSettings
from scoring.settings.settings import GROUPS, Settings, environment_name, read_settings, settings_in_force

PREFIXES = ("MODEL_", "LOG_", "API_", "HOST", "PORT", "KAFKA_", "WORKER_", "BATCH_", "FLOWS_")
FIELDS = [(group, field) for group in GROUPS for field in group.model_fields]
IDS = [environment_name(group, field) for group, field in FIELDS]
SASL = {
    "KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
    "KAFKA_SASL_MECHANISM": "scram-sha-512",
    "KAFKA_SASL_USERNAME": "taxi",
    "KAFKA_SASL_PASSWORD": "open sesame",
    "KAFKA_SSL_PASSWORD": "key sesame",
}


@pytest.fixture(autouse=True)
def only_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(PREFIXES):
            monkeypatch.delenv(name)


def group_of(settings: Settings, group: type[SettingsGroup]) -> SettingsGroup:
    (found,) = (
        each for each in (getattr(settings, field.name) for field in fields(settings)) if isinstance(each, group)
    )
    return found


def test_defaults_need_no_environment() -> None:
    settings = read_settings()
    assert settings.model.registry == "models"
    assert settings.model.path == ""
    assert settings.log.log_level == "INFO"
    assert settings.kafka.bootstrap_servers == "localhost:9092"
    assert settings.kafka.security_protocol == "PLAINTEXT"
    assert settings.worker.output_topic == "predictions"
    assert settings.worker.port == 0


@pytest.mark.parametrize(
    ("name", "text", "group", "field", "value"),
    [
        ("MODEL_PATH", "model.pkl", "model", "path", "model.pkl"),
        ("MODEL_REGISTRY", "s3://bucket/models", "model", "registry", "s3://bucket/models"),
        ("LOG_LEVEL", "debug", "log", "log_level", "DEBUG"),
        ("KAFKA_BOOTSTRAP_SERVERS", "a:1,b:2", "kafka", "bootstrap_servers", "a:1,b:2"),
        ("KAFKA_SECURITY_PROTOCOL", "ssl", "kafka", "security_protocol", "SSL"),
        ("KAFKA_SSL_CHECK_HOSTNAME", "false", "kafka", "ssl_check_hostname", False),
        ("KAFKA_SSL_CAFILE", "ca.pem", "kafka", "ssl_cafile", "ca.pem"),
        ("WORKER_INPUT_TOPIC", "trips", "worker", "input_topic", "trips"),
        ("WORKER_PORT", "65535", "worker", "port", 65535),
        ("WORKER_BATCH_RIDES", "100000", "worker", "batch_rides", 100_000),
        ("WORKER_BATCH_SECONDS", "0", "worker", "batch_seconds", 0.0),
        ("WORKER_SLOT", "host-1.a_b", "worker", "slot", "host-1.a_b"),
    ],
)
def test_the_environment_overrides_defaults(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, group: str, field: str, value: Any
) -> None:
    monkeypatch.setenv(name, text)
    assert getattr(getattr(read_settings(), group), field) == value


def test_an_empty_variable_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_PORT", "")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", "")
    settings = read_settings()
    assert settings.worker.port == 0
    assert settings.kafka.sasl_username is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LOG_LEVEL", "LOUD"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("KAFKA_SASL_MECHANISM", "GSSAPI"),
        ("KAFKA_SSL_CHECK_HOSTNAME", "perhaps"),
        ("WORKER_PORT", "-1"),
        ("WORKER_PORT", "65536"),
        ("WORKER_PORT", "http"),
        ("WORKER_BATCH_RIDES", "0"),
        ("WORKER_BATCH_RIDES", "100001"),
        ("WORKER_BATCH_BYTES", "999"),
        ("WORKER_BATCH_SECONDS", "-0.1"),
        ("WORKER_BATCH_SECONDS", "61"),
        ("WORKER_BATCH_SECONDS", "nan"),
        ("WORKER_TRANSACTION_TIMEOUT_SECONDS", "0"),
        ("WORKER_DELIVERY_TIMEOUT_SECONDS", "3601"),
        ("WORKER_SESSION_TIMEOUT_SECONDS", "inf"),
        ("WORKER_INPUT_TOPIC", "rides of today"),
        ("WORKER_OUTPUT_TOPIC", "x" * 250),
        ("WORKER_SLOT", "a/b"),
    ],
)
def test_a_value_out_of_range_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError, match=rf"^{name}: "):
        read_settings()


def test_every_value_that_is_out_of_range_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_PORT", "-1")
    monkeypatch.setenv("WORKER_BATCH_RIDES", "0")
    with pytest.raises(SettingsError, match=r"WORKER_PORT: .*; WORKER_BATCH_RIDES: "):
        read_settings()


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("WORKER_INPUT_TOPICS", "WORKER_INPUT_TOPIC"),
        ("WORKER_BATCH_RIDE", "WORKER_BATCH_RIDES"),
        ("WORKER_DEADLETTER_TOPIC", "WORKER_DEAD_LETTER_TOPIC"),
        ("WORKER_GRUOP", "WORKER_GROUP"),
        ("KAFKA_BOOTSTRAP_SERVER", "KAFKA_BOOTSTRAP_SERVERS"),
        ("KAFKA_SASL_PASWORD", "KAFKA_SASL_PASSWORD"),
        ("MODEL_REGISTERY", "MODEL_REGISTRY"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_right_one(
    monkeypatch: pytest.MonkeyPatch, misspelt: str, meant: str
) -> None:
    monkeypatch.setenv(misspelt, "anything")
    with pytest.raises(SettingsError, match=rf"^{misspelt} is no setting; did you mean {meant}\? "):
        read_settings()


def test_any_unknown_name_under_our_own_prefix_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_COLOUR", "green")
    with pytest.raises(SettingsError, match=r"WORKER_COLOUR is no setting; did you mean WORKER_"):
        read_settings()


@pytest.mark.parametrize("name", ["KAFKA_HEAP_OPTS", "KAFKA_OPTS", "KAFKA_HOME", "MODEL_NAME", "LOG_DIR", "WORKERS"])
def test_names_that_belong_to_others_are_ignored(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "-Xmx1G")
    assert read_settings().kafka.bootstrap_servers == "localhost:9092"


@pytest.mark.parametrize("missing", ["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"])
def test_logging_in_needs_mechanism_user_and_password(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, text in SASL.items():
        if name != missing:
            monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError, match=rf"KAFKA_SECURITY_PROTOCOL=SASL_SSL needs .*{missing}") as caught:
        read_settings()
    assert "sesame" not in str(caught.value)


def test_secrets_are_masked_wherever_settings_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in SASL.items():
        monkeypatch.setenv(name, text)
    settings = read_settings()
    assert settings.kafka.sasl_password is not None
    assert settings.kafka.sasl_password.get_secret_value() == "open sesame"
    rows = settings_in_force(settings)
    shown = {row.name: row.value for row in rows}
    assert shown["KAFKA_SASL_PASSWORD"] == shown["KAFKA_SSL_PASSWORD"] == "********"
    for text in (repr(settings), str(settings), settings.kafka.model_dump_json(), repr(rows)):
        assert "sesame" not in text


def test_secrets_are_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in SASL.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("KAFKA_SASL_MECHANISM", "sesame too")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    with pytest.raises(pydantic.ValidationError) as raw:
        KafkaSettings()
    assert "sesame" not in str(raw.value)


@pytest.mark.parametrize(("group", "field"), FIELDS, ids=IDS)
def test_whatever_is_secret_by_name_is_secret_by_type(group: type[SettingsGroup], field: str) -> None:
    is_secret = SecretStr.__name__ in str(group.model_fields[field].annotation)
    assert is_secret == (
        group is RedisSettings  # a URL may hold a password
        or any(word in field for word in ("password", "token", "secret"))
    )


@pytest.mark.parametrize(("group", "field"), FIELDS, ids=IDS)
def test_settings_are_frozen(group: type[SettingsGroup], field: str) -> None:
    found = group_of(read_settings(), group)
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        setattr(found, field, getattr(found, field))


@pytest.mark.parametrize(("group", "field"), FIELDS, ids=IDS)
def test_every_setting_has_a_sentence_that_says_what_it_means(group: type[SettingsGroup], field: str) -> None:
    meaning = group.model_fields[field].description
    assert meaning
    assert meaning[0].isupper()
    assert meaning.rstrip().endswith(".")


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("WORKER_BATCH_SECONDS", "WORKER_TRANSACTION_TIMEOUT_SECONDS"),
        ("WORKER_TRANSACTION_TIMEOUT_SECONDS", "WORKER_DELIVERY_TIMEOUT_SECONDS"),
        ("WORKER_DELIVERY_TIMEOUT_SECONDS", "WORKER_MAX_POLL_INTERVAL_SECONDS"),
    ],
)
def test_timeouts_nest(monkeypatch: pytest.MonkeyPatch, inner: str, outer: str) -> None:
    defaults = {row.name: float(row.value) for row in settings_in_force(read_settings()) if row.name in (inner, outer)}
    assert defaults[inner] < defaults[outer]
    monkeypatch.setenv(outer, str(defaults[inner]))
    with pytest.raises(SettingsError, match=rf"^{inner} \({defaults[inner]:g}\) must be less than {outer} "):
        read_settings()


def test_topics_must_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_OUTPUT_TOPIC", "rides")
    with pytest.raises(SettingsError, match="WORKER_INPUT_TOPIC, WORKER_OUTPUT_TOPIC and WORKER_DEAD_LETTER_TOPIC"):
        read_settings()


def test_letter_case_of_a_name_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("worker_batch_rides", "77")
    settings = read_settings()
    assert settings.worker.batch_rides == 77
    row = next(row for row in settings_in_force(settings) if row.name == "WORKER_BATCH_RIDES")
    assert (row.value, row.source) == ("77", "environment")
    monkeypatch.setenv("worker_input_topc", "x")
    with pytest.raises(SettingsError, match="did you mean WORKER_INPUT_TOPIC"):
        read_settings()


def test_settings_in_force_say_where_each_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_PORT", "8001")
    monkeypatch.setenv("MODEL_PATH", "")
    rows = {row.name: row for row in settings_in_force(read_settings())}
    assert list(rows) == IDS
    port = rows["WORKER_PORT"]
    assert (port.value, port.default, port.source) == ("8001", "0", "environment")
    assert (rows["MODEL_PATH"].value, rows["MODEL_PATH"].source) == ("", "default")
    assert (rows["KAFKA_SASL_PASSWORD"].value, rows["KAFKA_SASL_PASSWORD"].default) == ("", "")
    assert rows["KAFKA_SSL_CHECK_HOSTNAME"].value == "true"
    assert all("\n" not in row.meaning for row in rows.values())


def test_dotenv_files_are_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / ".env").write_text("WORKER_PORT=8001\n")
    monkeypatch.chdir(tmp_path)
    assert read_settings().worker.port == 0
