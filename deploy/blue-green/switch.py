#!/usr/bin/env python3
"""Say which group of the API answers, blue or green, and change it while requests run.

Speaks to the HAProxy that haproxy.cfg configures, over its admin socket; restarts and reloads nothing. Runs beside it,
where only Python is: it must not import more than the standard library.
"""

import argparse
import csv
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

GROUPS = ("blue", "green")
RIDE = {"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}
LOOK_SECONDS = 0.1


class SwitchRefused(Exception):
    """What was asked for was not done, and the group that answered goes on; the message says why."""


@dataclass(frozen=True)
class Proxy:
    """The running HAProxy.

    Attributes:
        socket: its admin socket.
        map: the file that holds the active group over its restarts.
        preview: host and port behind which the group answers that is not active.
    """

    socket: Path
    map: Path
    preview: str

    def ask(self, command: str) -> str:
        """Send one command of the runtime API; its answer.

        Raises:
            SwitchRefused: nobody listens.
        """
        try:
            with socket.socket(socket.AF_UNIX) as admin:
                admin.settimeout(10)
                admin.connect(str(self.socket))
                admin.sendall(command.encode() + b"\n")
                return b"".join(iter(lambda: admin.recv(65536), b"")).decode().strip()
        except OSError as error:
            raise SwitchRefused(f"the proxy does not answer at {self.socket}: {error}; is it running?") from error

    def active(self) -> str:
        """The group that answers, as the running proxy has it."""
        lines = [line.split() for line in self.ask(f"show map {self.map}").splitlines()]
        return next((words[2] for words in lines if words[1:2] == ["active"]), GROUPS[0])

    def servers(self, group: str) -> list[dict[str, str]]:
        """The instances of a group, as HAProxy's statistics have them."""
        table = csv.DictReader(self.ask("show stat").removeprefix("# ").splitlines())
        return [row for row in table if row["pxname"] == group and row["svname"] != "BACKEND"]

    def ready(self, group: str) -> int:
        """How many instances said ready when they were last asked."""
        return sum(row["status"].startswith("UP") and row["check_status"] == "L7OK" for row in self.servers(group))

    def in_flight(self, group: str) -> int:
        """How many requests the group is answering."""
        return sum(int(row["scur"]) for row in self.servers(group))

    def failures(self, group: str) -> int:
        """How many requests the group has answered with 5xx, or not at all, since the proxy was started."""
        return sum(int(row[column] or 0) for row in self.servers(group) for column in ("hrsp_5xx", "econ", "eresp"))

    def activate(self, group: str) -> None:
        """Send every request from now on to a group, and remember it over restarts.

        Raises:
            SwitchRefused: the running proxy did not take it, or it cannot be remembered; nothing was changed then.
        """
        before = self.active()
        staged = self.map.with_suffix(".next")
        try:
            staged.write_text(f"active {group}\n")
            with staged.open("rb") as written:
                os.fsync(written.fileno())
        except OSError as error:
            raise SwitchRefused(f"cannot write beside {self.map}: {error}") from error
        self.ask(f"set map {self.map} active {group}")
        if self.active() != group:
            raise SwitchRefused(f"the proxy keeps {before}: does {self.map} have a line 'active {before}'?")
        staged.replace(self.map)


def other(group: str) -> str:
    """The group that is not this one."""
    return GROUPS[1 - GROUPS.index(group)]


def switch(proxy: Proxy, group: str, wait_seconds: float, token: str) -> None:
    """Make a group the active one, once it is ready and has answered a ride.

    Raises:
        SwitchRefused: it is not ready, or does not answer.
    """
    before = proxy.active()
    if before == group:
        say(f"{group} is active already")
        return
    if not wait_until(lambda: proxy.ready(group) > 0, wait_seconds):
        raise SwitchRefused(f"no instance of {group} is ready; {before} goes on. See /health of one that is in it")
    version = try_ride(proxy.preview, token)
    proxy.activate(group)
    say(f"{group} is active, with model {version}; {before} finishes what it has")
    if wait_until(lambda: proxy.in_flight(before) == 0, wait_seconds):
        say(f"{before} is idle")
    else:
        say(f"{before} still answers {proxy.in_flight(before)} requests: let it, before you stop it")


def try_ride(address: str, token: str) -> str:
    """Have the idle group answer one ride; the model's version.

    Raises:
        SwitchRefused: it does not answer it with a duration.
    """
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection = HTTPConnection(address, timeout=10)
    try:
        connection.request("POST", "/predict", json.dumps(RIDE), headers)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise SwitchRefused(f"the group that is to be active answers a ride with {response.status}: {body[:300]!r}")
        prediction = json.loads(body)
        float(prediction["duration"])
        return str(prediction["model_version"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        raise SwitchRefused(f"the group that is to be active does not answer a ride: {error!r}") from error
    finally:
        connection.close()


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Wait for something; whether it came."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def say(text: str) -> None:
    """Tell the operator."""
    sys.stdout.write(text + "\n")


def show(proxy: Proxy) -> None:
    """Print a line a group."""
    active = proxy.active()
    for group in GROUPS:
        mark = "active" if group == active else "idle"
        say(f"{group}: {mark}, {proxy.ready(group)} ready, {proxy.in_flight(group)} requests")


def main() -> int:
    """Do what the command line says; 0, or 1 where it was refused."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--wait", type=float, default=60, metavar="SECONDS", help="for a group to be ready, and to drain"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="which group is active, and how both are")
    commands.add_parser("idle", help="print the name of the group that is not active")
    counted = commands.add_parser("failures", help="how many requests a group has failed since the proxy was started")
    counted.add_argument("group", choices=GROUPS)
    commands.add_parser("back", help="make the group active that is not")
    commands.add_parser("to", help="make a group active").add_argument("group", choices=GROUPS)
    given = parser.parse_args()
    proxy = Proxy(
        Path(os.environ.get("ADMIN_SOCKET", "/run/ridescore-proxy/admin.sock")),
        Path(os.environ.get("ACTIVE_MAP", "/var/lib/ridescore-proxy/active.map")),
        "127.0.0.1:" + os.environ.get("PREVIEW", ":9697").rpartition(":")[2],
    )
    token = os.environ.get("API_TOKEN", "")
    try:
        if given.command == "status":
            show(proxy)
        elif given.command == "idle":
            say(other(proxy.active()))
        elif given.command == "failures":
            say(str(proxy.failures(given.group)))
        else:
            group = given.group if given.command == "to" else other(proxy.active())
            switch(proxy, group, given.wait, token)
    except SwitchRefused as refused:
        sys.stderr.write(f"error: {refused}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
