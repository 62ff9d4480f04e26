"""Ports are free, and out of reach of the kernel's own choice."""

import socket

import pytest

from local_services import ports


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server((ports.LOCALHOST, ports.free_port())):
        pass


def test_taken_and_refused_ports_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    free = ports.free_port()
    with socket.create_server((ports.LOCALHOST, 0)) as listener:
        taken = listener.getsockname()[1]
        offered = iter([taken, 29_999, free])
        monkeypatch.setattr("secrets.randbelow", lambda n: next(offered) - 20_000)
        assert ports.free_port(other_than=29_999) == free


def test_where_all_are_taken_the_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda n: 5)
    with pytest.raises(OSError, match="no free port"):
        ports.free_port(other_than=20_005)
