"""How Kafka is reached, for every part that does."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from scoring.settings.group import SettingsGroup

Upper = BeforeValidator(lambda text: str(text).upper())
Lower = BeforeValidator(lambda text: str(text).lower())


class KafkaSettings(SettingsGroup):
    """Settings `KAFKA_*`."""

    model_config = SettingsConfigDict(env_prefix="KAFKA_")

    bootstrap_servers: str = "localhost:9092"
    """Brokers to ask first, as `host:port`, separated by commas."""

    client: Annotated[Literal["kafka-python", "confluent"], Lower] = "kafka-python"
    """Which client speaks to them: `kafka-python`, or `confluent`, which is several times faster and needs the extra
    `fast`."""

    security_protocol: Annotated[Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], Upper] = "PLAINTEXT"
    """How to speak to brokers: `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`."""

    sasl_mechanism: Annotated[Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], Upper] | None = None
    """How to log in: `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`; needed with `SASL_*`."""

    sasl_username: str | None = None
    """The user to log in as."""

    sasl_password: SecretStr | None = None
    """That user's password."""

    ssl_cafile: str | None = None
    """A file of certificates (PEM) that brokers' certificates must come from; default: the system's."""

    ssl_certfile: str | None = None
    """This client's certificate (PEM), where brokers ask for one."""

    ssl_keyfile: str | None = None
    """The key (PEM) of that certificate."""

    ssl_password: SecretStr | None = None
    """The password of that key."""

    ssl_check_hostname: bool = True
    """Whether a broker's certificate must name its host."""

    @model_validator(mode="after")
    def _sasl_whole(self) -> "KafkaSettings":
        if self.security_protocol.startswith("SASL") and not (
            self.sasl_mechanism and self.sasl_username and self.sasl_password
        ):
            raise ValueError(
                f"KAFKA_SECURITY_PROTOCOL={self.security_protocol} needs KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME "
                "and KAFKA_SASL_PASSWORD"
            )
        return self
