"""Requests at a constant rate of some thousands a second, each failure told; response times from when each was due.

A request that could not be sent in time, because all connections waited for answers, counts its wait: a server that
stalls is not asked less (no coordinated omission).
"""

import select
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from bench.http.connection import Connection, ConnectionBroken

_SILENT_SECONDS: Final = 5.0
_RECONNECT_SECONDS: Final = 0.05

# Says what is wrong with an answer to a request, from its number, status and body; empty where nothing is.
Check = Callable[[int, int, bytes], str]

# Of a request: its number, when it was due, when its answer came, whether it was its connection's first, status, body.
_Answer = tuple[int, float, float, bool, int, bytes]


class Failure(msgspec.Struct):
    """A request that got no right answer.

    Attributes:
        second: since the start.
        kind: how it failed, in words.
        new_connection: it was the first request of its connection.
    """

    second: float
    kind: str
    new_connection: bool


@dataclass(slots=True)
class Paced:
    """What one run found.

    Attributes:
        began: by the machine's monotonic clock, which all its processes share.
        sent: requests.
        seconds: each right answer's response time, from when its request was due.
        late_seconds: for each request how much later than due it was sent.
        failures: the others.
    """

    began: float = 0.0
    sent: int = 0
    seconds: list[float] = field(default_factory=list)
    late_seconds: list[float] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


class _Run:
    def __init__(self, port: int, requests: Sequence[bytes], check: Check) -> None:
        self.found = Paced()
        self._port = port
        self._requests = requests
        self._check = check
        self._poll = select.epoll()
        self._all: dict[int, Connection] = {}
        self._idle: deque[Connection] = deque()
        self._missing = 0
        self._retry_at = 0.0
        self._began = 0.0
        self._rate = 1.0
        self._total = 0
        self._number = 0  # of the next request
        self._answers: list[_Answer] = []

    def run(self, rate: float, duration_seconds: float, connections: int) -> Paced:
        self._missing = connections
        self._began = time.perf_counter()
        self._connect()
        self._rate, self._total = rate, int(rate * duration_seconds)
        self._began = time.perf_counter()
        give_up = self._began + duration_seconds + _SILENT_SECONDS
        while (self._number < self._total or len(self._idle) < len(self._all)) and time.perf_counter() < give_up:
            self._look(self._send_what_is_due())
        self.found.began, self.found.sent = self._began, self._number
        for connection in list(self._all.values()):
            if connection.number is not None:
                self._fail(connection, f"no answer within {_SILENT_SECONDS:.0f} s")
            connection.close()
        self._judge_answers()
        for missed in range(self._number, self._total):
            due = missed / rate
            self.found.failures.append(Failure(due, "never sent: no connection was free", new_connection=False))
        self._poll.close()
        return self.found

    def _send_what_is_due(self) -> float:
        """Send what is due and has a connection; seconds until the next may be."""
        now = time.perf_counter()
        while self._number < self._total and self._idle:
            due = self._began + self._number / self._rate
            if due > now:
                return due - now
            self._send(self._number, due)
            self._number += 1
            now = time.perf_counter()
        return _SILENT_SECONDS

    def _connect(self) -> None:
        """Open connections that are missing, again a little later where nobody listens."""
        while self._missing and time.perf_counter() >= self._retry_at:
            try:
                connection = Connection(self._port)
            except ConnectionBroken:
                self._retry_at = time.perf_counter() + _RECONNECT_SECONDS
                return
            self._missing -= 1
            self._all[connection.fileno()] = connection
            self._poll.register(connection.fileno(), select.EPOLLIN)
            self._idle.append(connection)

    def _send(self, number: int, due: float) -> None:
        connection = self._idle.popleft()
        self.found.late_seconds.append(time.perf_counter() - due)
        try:
            connection.send(self._requests[number % len(self._requests)], number, due)
        except ConnectionBroken as error:
            self._fail(connection, str(error))

    def _look(self, seconds: float) -> None:
        for number, _event in self._poll.poll(max(0.0, min(seconds, 0.05))):
            connection = self._all.get(number)
            if connection is not None:
                self._receive(connection)
                self._send_what_is_due()  # a burst of answers must not make the next request late
        if self._missing:
            self._connect()

    def _receive(self, connection: Connection) -> None:
        try:
            answer = connection.receive()
        except ConnectionBroken as error:
            self._fail(connection, str(error))
            return
        if answer is None:
            return
        if connection.number is None:
            self._fail(connection, "an answer that nobody asked for")
            return
        first = connection.answered == 1
        self._answers.append((connection.number, connection.due, time.perf_counter(), first, *answer))
        connection.number = None
        self._idle.append(connection)

    def _judge_answers(self) -> None:
        """After the run: judging costs about what sending does."""
        for number, due, came, first, status, body in self._answers:
            problem = self._check(number, status, body)
            if problem:
                self.found.failures.append(Failure(came - self._began, problem, new_connection=first))
            else:
                self.found.seconds.append(came - due)

    def _fail(self, connection: Connection, kind: str) -> None:
        """A connection that broke while idle lost nothing; it is replaced all the same."""
        if connection.number is not None:
            moment = time.perf_counter() - self._began
            self.found.failures.append(Failure(moment, kind, new_connection=not connection.answered))
            connection.number = None
        elif connection in self._idle:
            self._idle.remove(connection)
        self._poll.unregister(connection.fileno())
        del self._all[connection.fileno()]
        connection.close()
        self._missing += 1


def send_paced(
    port: int,
    requests: Sequence[bytes],
    check: Check,
    rate: float,
    duration_seconds: float,
    connections: int,
) -> Paced:
    """Send requests in turn at a constant rate.

    Args:
        port: of a server on this machine.
        requests: as they go over the wire.
        check: judges each answer.
        rate: requests a second.
        duration_seconds: for how long.
        connections: the most requests in flight.

    Raises:
        ConnectionBroken: an answer has no length that can be known.
    """
    return _Run(port, requests, check).run(rate, duration_seconds, connections)
