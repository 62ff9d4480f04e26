"""A TCP proxy between workers and a broker: it drops, delays or swallows what passes, and garbles it if asked."""

import contextlib
import socket
import struct
import threading
import time
from collections import Counter

from local_services.ports import LOCALHOST, free_port

_CHUNK_BYTES = 65_536
_CONNECT_SECONDS = 5.0
_RESET = struct.pack("ii", 1, 0)  # closing sends a reset, as a broken network would, and no orderly end


class Proxy:
    """Listens on a port of its own and passes connections on.

    Attributes:
        port: where clients connect.
        counts: connections ``accepted``, ``refused`` and ``dropped``; chunks ``delayed``, ``swallowed``, ``garbled``.
    """

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self.counts: Counter[str] = Counter()
        self._target_port = target_port
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._spoilt: set[tuple[socket.socket, socket.socket]] = set()
        self._delay_seconds = 0.0
        self._swallowed = ""
        self._refusing = False
        self._garbled = (b"", 0)
        self._listener = socket.create_server((LOCALHOST, self.port))
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def drop(self) -> None:
        """Break every connection now; new ones are taken."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            self.counts["dropped"] += 1
            self._close(pair)

    def refuse(self, refusing: bool = True) -> None:
        """Break every connection and take no new ones, until told otherwise."""
        self._refusing = refusing
        if refusing:
            self.drop()

    def delay(self, seconds: float) -> None:
        """Hold back every chunk of both directions so long; 0 ends it."""
        self._delay_seconds = seconds

    def swallow(self, direction: str) -> None:
        """Lose one direction, ``requests`` or ``answers``; with "" it ends, and connections that lost bytes break."""
        self._swallowed = direction
        if not direction:
            with self._lock:
                spoilt = list(self._spoilt)
            for pair in spoilt:
                self.counts["dropped"] += 1
                self._close(pair)

    def restore(self) -> None:
        """Let everything through again, and count anew."""
        self._refusing = False
        self._delay_seconds = 0.0
        self.swallow("")
        self.garble(b"", 0)
        self.counts.clear()

    def garble(self, content: bytes, times: int) -> None:
        """Flip a bit of the next answers that have these bytes; of one that is cut in two there, nothing."""
        self._garbled = (content, times)

    def close(self) -> None:
        """Stop listening and break what is open."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                self.counts["refused"] += 1
                _reset(client)
                continue
            try:
                server = socket.create_connection((LOCALHOST, self._target_port), _CONNECT_SECONDS)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = (client, server)
            with self._lock:
                self._pairs.add(pair)
            self.counts["accepted"] += 1
            for name, source, sink in (("requests", client, server), ("answers", server, client)):
                threading.Thread(target=self._pump, args=(name, source, sink, pair), daemon=True).start()

    def _pump(
        self, name: str, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket]
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                if self._delay_seconds:
                    self.counts["delayed"] += 1
                    time.sleep(self._delay_seconds)
                if self._swallowed == name:
                    self.counts["swallowed"] += 1
                    with self._lock:
                        self._spoilt.add(pair)
                    continue
                sink.sendall(self._passed(name, chunk))
        self._close(pair)

    def _passed(self, name: str, chunk: bytes) -> bytes:
        content, times = self._garbled
        if not times or name != "answers" or content not in chunk:
            return chunk
        self._garbled = (content, times - 1)
        self.counts["garbled"] += 1
        place = chunk.index(content)
        return chunk[:place] + bytes([chunk[place] ^ 1]) + chunk[place + 1 :]

    def _close(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            self._pairs.discard(pair)
            self._spoilt.discard(pair)
        for each in pair:
            _reset(each)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
