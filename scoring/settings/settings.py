"""All settings together: read from the environment, checked for misspelt names, and told with where each is from."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from pydantic import SecretStr, ValidationError

from scoring.errors import SettingsError
from scoring.settings.api_settings import ApiSettings
from scoring.settings.batch_settings import BatchSettings
from scoring.settings.flows_settings import FlowsSettings
from scoring.settings.group import SettingsGroup
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.log_settings import LogSettings
from scoring.settings.model_settings import ModelSettings
from scoring.settings.redis_settings import RedisSettings
from scoring.settings.worker_settings import WorkerSettings

GROUPS: Final[tuple[type[SettingsGroup], ...]] = (
    ModelSettings,
    LogSettings,
    ApiSettings,
    RedisSettings,
    KafkaSettings,
    WorkerSettings,
    BatchSettings,
    FlowsSettings,
)

# Under these any name that is not ours is a mistake; under the shared ones (KAFKA_HEAP_OPTS is Kafka's, API_KEY may be
# anybody's) a close one is.
_OWN_PREFIXES: Final = ("WORKER_", "FLOWS_")
_SHARED_PREFIXES: Final = ("MODEL_", "REDIS_", "KAFKA_", "API_", "BATCH_")
_CLOSE: Final = 0.85


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment decides."""

    model: ModelSettings
    log: LogSettings
    api: ApiSettings
    redis: RedisSettings
    kafka: KafkaSettings
    worker: WorkerSettings
    batch: BatchSettings
    flows: FlowsSettings


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """One setting as it stands.

    Attributes:
        name: of its environment variable.
        value: as text; a secret is masked.
        default: as text; empty where there is none.
        source: ``environment`` or ``default``.
        meaning: one sentence or two.
    """

    name: str
    value: str
    default: str
    source: str
    meaning: str


def read_settings() -> Settings:
    """Read and check the environment.

    Raises:
        SettingsError: a value is out of range, or a name under our own prefixes is not a setting.
    """
    _refuse_misspelt(os.environ)
    try:
        return Settings(
            ModelSettings(),
            LogSettings(),
            ApiSettings(),
            RedisSettings(),
            KafkaSettings(),
            WorkerSettings(),
            BatchSettings(),
            FlowsSettings(),
        )
    except ValidationError as error:
        raise SettingsError(_explained(error)) from None


def settings_in_force(settings: Settings) -> list[SettingInForce]:
    """Every setting, in the order of the groups."""
    rows = []
    given = {found.upper() for found, value in os.environ.items() if value}
    for group in (getattr(settings, field.name) for field in fields(settings)):
        for field, about in type(group).model_fields.items():
            name = environment_name(type(group), field)
            rows.append(
                SettingInForce(
                    name,
                    _text(getattr(group, field)),
                    _text(about.default),
                    "environment" if name in given else "default",
                    " ".join((about.description or "").split()),
                )
            )
    return rows


def environment_name(group: type[SettingsGroup], field: str) -> str:
    """The environment variable of a field: its alias where it has one, as `PORT` has."""
    alias = group.model_fields[field].validation_alias
    if isinstance(alias, str):
        return alias.upper()
    return f"{group.model_config.get('env_prefix', '')}{field}".upper()


def _names() -> list[str]:
    return [environment_name(group, field) for group in GROUPS for field in group.model_fields]


def _refuse_misspelt(environment: Mapping[str, str]) -> None:
    names = _names()
    for found in sorted(name.upper() for name in environment):  # letter case does not count
        if found in names:
            continue
        nearest = difflib.get_close_matches(found, names, n=1, cutoff=_CLOSE)
        if found.startswith(_OWN_PREFIXES) or (found.startswith(_SHARED_PREFIXES) and nearest):
            nearest = nearest or difflib.get_close_matches(found, names, n=1, cutoff=0)
            raise SettingsError(f"{found} is no setting; did you mean {nearest[0]}? See `ridescore settings`")


def _explained(error: ValidationError) -> str:
    group = next(group for group in GROUPS if group.__name__ == error.title)
    lines = []
    for each in error.errors():
        message = each["msg"].removeprefix("Value error, ")
        lines.append(f"{_name_at(group, str(each['loc'][0]))}: {message}" if each["loc"] else message)
    return "; ".join(lines)


def _name_at(group: type[SettingsGroup], place: str) -> str:
    """The variable that an error is about; pydantic tells the field, or its alias where it has one."""
    return environment_name(group, place) if place in group.model_fields else place.upper()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return "********"
    return str(value).lower() if isinstance(value, bool) else str(value)
