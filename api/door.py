"""What every request of a process meets, whichever layer answers it: limits, token, names, metrics, headers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry

from api.announcer import Announcer
from api.authorization import Token
from api.in_flight import InFlight
from api.recorder import Recorder
from api.request_id import request_id_maker
from scoring.metrics import Metrics
from scoring.scorer_source import ScorerSource
from scoring.settings.api_settings import ApiSettings

# Answers are data for programs: nothing may be sniffed, framed, run or kept. A page (`/docs`) sets its own policy.
SECURITY_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


@dataclass
class Door:
    """The state of the HTTP door in one process.

    Attributes:
        settings: as the environment decided.
        scorers: gives the scorer in force.
        metrics: what is counted.
        announcer: tells other processes of a change.
        draining: True from the moment the process was told to stop; `/ready` then says no.
    """

    settings: ApiSettings
    scorers: ScorerSource
    metrics: Metrics = field(default_factory=lambda: Metrics(CollectorRegistry()))
    announcer: Announcer = field(default_factory=Announcer)
    draining: bool = False
    token: Token = field(init=False)
    in_flight: InFlight = field(init=False)
    recorder: Recorder = field(init=False)
    name_request: Callable[[str | None], str] = field(init=False, default_factory=request_id_maker)

    def __post_init__(self) -> None:
        self.token = Token(self.settings.token)
        self.in_flight = InFlight(self.settings.max_in_flight)
        self.recorder = Recorder(self.settings, self.metrics, self.in_flight)
