"""Fixtures of these unit tests: commands that stand in for real ones, and a server that says what it is told."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Command = Callable[[str, str], Path]
Server = Callable[[bytes], str]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Write a shell script of that name; PATH holds it and what a shell script needs, nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    def write(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve these bytes to each request, then close; gives ``host:port``. No bytes: close without a word."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(answer: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1024)
                    connection.sendall(answer)

        threads.append(threading.Thread(target=accept, daemon=True))
        threads[-1].start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Accepts connections, in its backlog, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def closed_port() -> str:
    """``host:port`` where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"
