"""The shapes of what the probes answer; the views make them as they go, and a test holds them to these."""

from typing import Literal

import msgspec


class Dependency(msgspec.Struct):
    """The state of something that the API leans on; `detail` says what is wrong."""

    status: str
    detail: str | msgspec.UnsetType = msgspec.UNSET


class Health(msgspec.Struct):
    """How the process is.

    Attributes:
        status: `degraded` where rides are scored, but not as was last chosen.
        model_version: of what scores; null where nothing does.
        service_up_since: RFC 3339, UTC.
        dependencies: by name.
    """

    status: Literal["healthy", "degraded", "unavailable"]
    model_version: str | None
    service_up_since: str
    dependencies: dict[str, Dependency]


class Live(msgspec.Struct):
    """The process answers."""

    status: Literal["ok"]


class Ready(msgspec.Struct):
    """Rides can be scored."""

    status: Literal["ok"]
    model_version: str


class NotReady(msgspec.Struct):
    """Rides cannot be scored now; `detail` says why."""

    status: Literal["unavailable"]
    detail: str
