"""How the HTTP door listens, what it admits and how it stops."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints
from pydantic_settings import SettingsConfigDict

from scoring.settings.group import SettingsGroup


class ApiSettings(SettingsGroup):
    """Settings `HOST`, `PORT` and `API_*`."""

    model_config = SettingsConfigDict(env_prefix="API_")

    host: Annotated[str, StringConstraints(min_length=1, max_length=255), Field(validation_alias="HOST")] = "127.0.0.1"
    """Where the API listens: an address or a name of this machine; `0.0.0.0` takes calls from others."""

    port: Annotated[int, Field(ge=0, le=65535, validation_alias="PORT")] = 9696
    """The API's port; 0 takes any free one, which is logged."""

    token: SecretStr | None = None
    """The bearer token that every route but the probes asks for. Unset, reads are open and writes are off."""

    max_in_flight: Annotated[int, Field(ge=1, le=100_000)] = 256
    """The most requests that one process answers at a time; more get 503 with `Retry-After`. Probes do not count."""

    max_connections: Annotated[int, Field(ge=16, le=1_000_000)] = 8_192
    """The most connections that one process keeps open; more wait in the system's queue."""

    fast_path: bool = True
    """Whether `POST /predict` and batches are answered in front of Flask: the same answers, several times faster."""

    keep_alive_seconds: Annotated[float, Field(gt=0, le=3600)] = 75.0
    """How long a connection may be silent between requests, and take to send a request's headers. A load balancer must
    let go of idle ones sooner."""

    body_seconds: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """How long a client may take to send a request's body; then it gets 408."""

    drain_seconds: Annotated[float, Field(ge=0, le=600)] = 0.0
    """How long `/ready` says no while requests are still taken, after the API is told to stop; for load balancers that
    look at it."""

    shutdown_seconds: Annotated[float, Field(gt=0, le=600)] = 20.0
    """How long the API may take, after that, to finish what is in flight."""

    access_log_per_second: Annotated[int, Field(ge=0, le=1_000_000)] = 10
    """How many requests are logged in a second, per process: the first ones. Others are only counted; a 5xx is always
    logged."""

    log_rides_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The share, 0 to 1, of logged predictions whose ride is logged with them."""
