"""Fixtures of these unit tests: a real HTTP server that misbehaves as it is told, and the notebook's way to a model."""

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.feature_extraction import DictVectorizer
from threadpoolctl import threadpool_limits

from scoring.errors import DownloadError
from training.download import Download, download_month
from training.transfer import Retries

Answer = Callable[[BaseHTTPRequestHandler], None]


class FileServer:
    """Serves one content under any path, by ranges and with If-Range, as object stores do.

    Attributes:
        answers: taken for the first requests, one each; the usual answer follows.
        requests: the path and headers of each request.
    """

    def __init__(self) -> None:
        self.content = b""
        self.etag: str | None = None
        self.last_modified: str | None = formatdate(1_600_000_000, usegmt=True)
        self.ranges = True
        self.answers: list[Answer] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    @staticmethod
    def md5_etag(content: bytes) -> str:
        return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'

    def serve(self, content: bytes) -> None:
        """Serve this from now on, under the ETag that an object store gives it."""
        self.content, self.etag = content, self.md5_etag(content)

    def ranges_asked(self) -> list[str | None]:
        return [headers.get("range") for _path, headers in self.requests]

    def usual(self, request: BaseHTTPRequestHandler, cut_after: int | None = None) -> None:
        """The content, or its rest where a range is asked for and the validator still holds."""
        start = 0
        asked = request.headers.get("Range")
        if self.ranges and asked and request.headers.get("If-Range") in (self.etag, self.last_modified, None):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start and start >= len(self.content):
            self.send(request, 416, b"", {"Content-Range": f"bytes */{len(self.content)}"})
            return
        range_of = {"Content-Range": f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"} if start else {}
        self.send(request, 206 if start else 200, self.content[start:], range_of, cut_after)

    def send(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        cut_after: int | None = None,
    ) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        if self.etag and status < 400:
            request.send_header("ETag", self.etag)
        if self.last_modified and status < 400:
            request.send_header("Last-Modified", self.last_modified)
        for name, text in (headers or {}).items():
            request.send_header(name, text)
        request.end_headers()
        request.wfile.write(body if cut_after is None else body[:cut_after])

    def status(self, status: int, **headers: str) -> Answer:
        """Answer without a file."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return lambda request: self.send(request, status, b"no", named)

    def cut(self, after: int) -> Answer:
        """Promise the whole length, and close after some bytes of the body."""
        return lambda request: self.usual(request, cut_after=after)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for one another on a busy machine make small fits a hundred times slower."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def file_server() -> Iterator[FileServer]:
    server = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
            (server.answers.pop(0) if server.answers else server.usual)(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the library's
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_port}/trip-data"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    listener.shutdown()
    thread.join()
    listener.server_close()


Fetch = Callable[..., Download]


def _parquet_bytes(seed: int, rows: int) -> bytes:
    random = np.random.default_rng(seed)
    buffer = io.BytesIO()
    pq.write_table(pa.table({"PULocationID": random.integers(1, 266, rows), "miles": random.random(rows)}), buffer)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def content() -> bytes:
    """Of the file that is fetched."""
    return _parquet_bytes(seed=0, rows=40_000)


@pytest.fixture(scope="session")
def other_content() -> bytes:
    """Of another file, a little longer."""
    return _parquet_bytes(seed=1, rows=41_000)


@pytest.fixture
def half(content: bytes) -> int:
    return len(content) // 2


@pytest.fixture
def slept() -> list[float]:
    """The waits of :func:`fetch`, in seconds."""
    return []


@pytest.fixture
def fetch(file_server: FileServer, content: bytes, tmp_path: Path, slept: list[float]) -> Fetch:
    """Fetch green 2021-01 into the folder ``rides`` from the server, which has it; waits are noted and not waited."""
    file_server.serve(content)

    def run(**options: Any) -> Download:
        options.setdefault("retries", Retries(tries=4, sleep=slept.append, jitter=lambda: 0.0))
        return download_month("green", "2021-01", tmp_path / "rides", base_url=file_server.url, **options)

    return run


@pytest.fixture
def half_there(fetch: Fetch, file_server: FileServer, half: int) -> Fetch:
    """The same, where an earlier run has left half of the file."""
    file_server.answers = [file_server.cut(half)]
    with pytest.raises(DownloadError):
        fetch(retries=Retries(tries=1))
    file_server.requests.clear()
    return fetch


@pytest.fixture
def names_left(tmp_path: Path) -> Callable[[], list[str]]:
    """The names in the folder that is fetched into."""
    folder = tmp_path / "rides"
    return lambda: sorted(path.name for path in folder.iterdir()) if folder.exists() else []


FloatArray = npt.NDArray[np.float64]
Notebook = Callable[[Any, str, Path, Path], tuple[FloatArray, FloatArray]]
_COLUMNS = {
    "pu_do+distance": ["PU_DO", "trip_distance"],
    "pu,do,distance": ["PULocationID", "DOLocationID", "trip_distance"],
    "pu,do": ["PULocationID", "DOLocationID"],
}


def _notebook_month(path: Path, features: str) -> tuple[list[dict[str, Any]], FloatArray]:
    frame = pd.read_parquet(path)
    frame["duration"] = (frame.lpep_dropoff_datetime - frame.lpep_pickup_datetime).dt.total_seconds() / 60
    frame = frame[(frame.duration >= 1) & (frame.duration <= 60)].copy()
    frame[["PULocationID", "DOLocationID"]] = frame[["PULocationID", "DOLocationID"]].astype(str)
    frame["PU_DO"] = frame["PULocationID"] + "_" + frame["DOLocationID"]
    return frame[_COLUMNS[features]].to_dict(orient="records"), frame.duration.to_numpy(dtype=np.float64)


@pytest.fixture
def notebook() -> Notebook:
    """Fit a regressor as notebooks do, on one month, and predict another: its predictions and actual durations."""

    def run(regressor: Any, features: str, training: Path, validation: Path) -> tuple[FloatArray, FloatArray]:
        dicts, durations = _notebook_month(training, features)
        vectorizer = DictVectorizer()
        matrix = vectorizer.fit_transform(dicts)
        matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)  # for Lasso
        regressor.fit(matrix, durations)
        validation_dicts, actual = _notebook_month(validation, features)
        return regressor.predict(vectorizer.transform(validation_dicts)), actual

    return run
