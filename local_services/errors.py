"""What goes wrong when a Kafka or a Redis is wanted: one way fails, or all of them do.

`WayFailed` moves the search on, so callers of `kafka()` and `redis()` see only `ServiceUnavailable`; who starts a
`KafkaProcess` or a `RedisServer` himself sees it.
"""

from collections.abc import Sequence

from scoring.errors import RidescoreError

__all__ = ["AddressUnanswered", "ServiceUnavailable", "WayFailed"]


class WayFailed(RidescoreError):
    """One way of having a service does not work here.

    Attributes:
        reason: what was found.
        remedy: what to do to make this way work.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["WayFailed"], tuple[str, str]]:
        return type(self), (self.reason, self.remedy)


class AddressUnanswered(WayFailed):
    """The user named an address and it does not answer: the search ends, another broker is not what was asked for."""


class ServiceUnavailable(RidescoreError):
    """Neither the environment nor this machine gives the service.

    Attributes:
        service: ``Kafka`` or ``Redis``.
        tried: each way that was tried, in order, with why it failed.
    """

    def __init__(self, service: str, tried: Sequence[tuple[str, WayFailed]]) -> None:
        self.service = service
        self.tried = tuple(tried)
        lines = [f"no {service} can be had here; tried, in this order:"]
        for way, failed in self.tried:
            lines += [f"  {way}: {failed.reason}", f"    what to do: {failed.remedy}"]
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type["ServiceUnavailable"], tuple[str, tuple[tuple[str, WayFailed], ...]]]:
        return type(self), (self.service, self.tried)
