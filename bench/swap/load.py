"""Clients that ask at a steady rate, each in a process of its own, and judge every answer as it comes."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from typing import Any

import msgspec

from bench.swap.connection import Connection, Duration, request_bytes


@dataclass
class Heard:
    """What clients heard.

    Attributes:
        answers: how many were right.
        failures: what went wrong, by what it was.
        spans: for each server process and version, when its first and its last right answer were asked for.
        seconds: how long each answer took, one in ten.
    """

    answers: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    spans: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Heard") -> None:
        """Take in what another client heard."""
        self.answers += other.answers
        self.failures += other.failures
        self.versions += other.versions
        self.seconds += other.seconds
        for key, spans in other.spans.items():
            self.spans.setdefault(key, []).extend(spans)


class Load:
    """Clients that run until they are told to stop.

    Args:
        port: of the server.
        token: the server's.
        rides: what is asked for, in turn.
        minutes: for each version the duration of each ride; anything else is a failure.
        rate: requests a second, all clients together.
        clients: how many processes.
        connections: of each.
    """

    def __init__(
        self,
        port: int,
        token: str,
        rides: list[Mapping[str, Any]],
        minutes: Mapping[str, list[float]],
        rate: float,
        clients: int = 2,
        connections: int = 8,
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._ends = context.Event()
        self._pipes: list[Pipe] = []
        self._processes = []
        for number in range(clients):
            mine, theirs = context.Pipe()
            words = (port, token, rides, minutes, rate / clients, connections, number, self._ends, theirs)
            self._processes.append(context.Process(target=_ask, args=words, daemon=True))
            self._pipes.append(mine)

    def start(self) -> None:
        """Begin, and wait until every client has heard something."""
        for process in self._processes:
            process.start()
        for pipe in self._pipes:
            pipe.recv()

    def stop(self) -> Heard:
        """End, and gather what was heard."""
        self._ends.set()
        heard = Heard()
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            heard.add(pipe.recv())
            process.join()
        return heard


def _ask(
    port: int,
    token: str,
    rides: list[Mapping[str, Any]],
    minutes: Mapping[str, list[float]],
    rate: float,
    connections: int,
    number: int,
    ends: Any,
    pipe: Pipe,
) -> None:
    requests = [request_bytes("/predict", ride, token=token) for ride in rides]
    open_connections = [Connection(port) for _ in range(connections)]
    decode = msgspec.json.Decoder(Duration).decode
    heard, latest = Heard(), {}
    due, count = time.monotonic() + number / rate / 2, 0
    while not ends.is_set():
        pause = due - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        elif pause < -1:  # the machine is too slow for the rate: it is not made up for
            due = time.monotonic()
        due += 1 / rate
        which, slot = count % len(rides), count % connections
        begun = time.monotonic()
        try:
            answer = open_connections[slot].ask(requests[which])
            if answer.status != 200:
                heard.failures[f"status {answer.status}: {answer.body[:200].decode(errors='replace')}"] += 1
            else:
                said = decode(answer.body)
                if minutes.get(said.model_version, [])[which : which + 1] != [said.duration]:
                    heard.failures[f"{said.model_version} never says {said.duration} for ride {which}"] += 1
                else:
                    heard.answers += 1
                    heard.versions[said.model_version] += 1
                    if latest.get(answer.process) != said.model_version:
                        latest[answer.process] = said.model_version
                        heard.spans.setdefault((answer.process, said.model_version), []).append((begun, begun))
                    spans = heard.spans[answer.process, said.model_version]
                    spans[-1] = (spans[-1][0], begun)
        except (OSError, ValueError, KeyError, msgspec.MsgspecError) as error:
            heard.failures[f"{type(error).__name__}: {error}"] += 1
            open_connections[slot].close()
            open_connections[slot] = Connection(port)
        if count % 10 == 0:
            heard.seconds.append(time.monotonic() - begun)
        count += 1
        if count == 1:
            pipe.send("begun")
    for connection in open_connections:
        connection.close()
    pipe.send(heard)
