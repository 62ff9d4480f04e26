"""The calls: one method a route, each bounded in time and tried again only where that is safe."""

import itertools
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final

import httpx
import msgspec

from api.client.answers import Health, RefusedRide, decode_answer, decode_batch
from api.client.errors import Busy, UnexpectedAnswer, Unreachable, problem_of
from api.client.retries import AskedToWait, retry_after_seconds, retrying
from scoring.prediction import Prediction
from scoring.rides.ride import Ride

BATCH_RIDES: Final = 10_000  # the server's limit for one request
ARROW: Final = "application/vnd.apache.arrow.stream"
_JSON: Final = "application/json"
_encode = msgspec.json.Encoder().encode

RideLike = Ride | Mapping[str, Any]


class Client:
    """Asks one server; safe to share between threads, keeps its connections until it is closed.

    Args:
        url: the server's, such as ``http://localhost:9696``.
        token: sent as a bearer token, where the server wants one.
        timeout_seconds: how long one try may wait for the server to say something.
        total_seconds: how long a call may go on trying; 0 tries once.
        batch_rides: rides of a batch that are sent in one request.

    Raises:
        ValueError: the URL is none, or a number is out of range.

    Every call takes ``request_id``, under which the server then logs it; what it may raise is drawn in
    :mod:`api.client.errors`.
    """

    def __init__(
        self,
        url: str = "http://localhost:9696",
        *,
        token: str = "",
        timeout_seconds: float = 10.0,
        total_seconds: float = 30.0,
        batch_rides: int = BATCH_RIDES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no address of a server; write it as http://HOST:PORT")
        if timeout_seconds <= 0 or total_seconds < 0 or not 1 <= batch_rides <= BATCH_RIDES:
            raise ValueError("timeout_seconds must be above 0, total_seconds 0 or more, batch_rides 1 to 10,000")
        self._timeout_seconds = timeout_seconds
        self._total_seconds = total_seconds
        self._batch_rides = batch_rides
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=timeout_seconds,
            transport=transport,
            follow_redirects=False,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def predict(self, ride: RideLike, *, request_id: str = "") -> Prediction:
        """Score one ride.

        Raises:
            InvalidRequest: the ride breaks a rule; ``errors`` names the field.
            ClientError: any other of :mod:`api.client.errors`.
        """
        answer = self._ask("POST", "/predict", _encode(ride), _JSON, request_id)
        return decode_answer(answer.content, Prediction, str(answer.url))

    def predict_batch(self, rides: Iterable[RideLike], *, request_id: str = "") -> Iterator[Prediction | RefusedRide]:
        """Score many rides; answers come in their order, and a ride that is refused spoils no other.

        Rides are read, sent and answered a part at a time, so that a long iterable is never held whole.

        Raises:
            ClientError: a part could not be answered; the parts before it have been given.
        """
        remaining = iter(rides)
        first = 0
        while part := list(itertools.islice(remaining, self._batch_rides)):
            name = _part_name(request_id, first // self._batch_rides)
            answer = self._ask("POST", "/predict/batch", _encode({"rides": part}), _JSON, name)
            yield from decode_batch(answer.content, len(part), first, str(answer.url))
            first += len(part)

    def predict_table(self, table: Any, *, request_id: str = "") -> Any:
        """Score a table, as Arrow over the wire: the fastest way for very many rides. Needs pyarrow.

        Args:
            table: a pyarrow.Table with PULocationID, DOLocationID, trip_distance, and perhaps ride_id.

        Returns:
            A pyarrow.Table with a row for each, in their order.

        Raises:
            ClientError: a part could not be answered.
        """
        from api.client.arrow import read_stream, stream_of

        answers = []
        for first in range(0, max(1, table.num_rows), self._batch_rides):
            part = table.slice(first, self._batch_rides)
            name = _part_name(request_id, first // self._batch_rides)
            answer = self._ask("POST", "/predict/batch", stream_of(part), ARROW, name)
            answers.append(read_stream(answer.content, part.num_rows, str(answer.url)))
        import pyarrow as pa

        return pa.concat_tables(answers)

    def health(self, *, request_id: str = "") -> Health:
        """How the server is; an unavailable one is an answer, too, and is not asked again."""
        with self._told():
            deadline = time.monotonic() + self._timeout_seconds
            answer = self._send("GET", "/health", b"", "", request_id, deadline, welcome={200, 503})
        if answer.headers.get("content-type", "").startswith("application/problem"):
            raise problem_of(answer.status_code, answer.content, str(answer.url), _request_id(answer))
        told = decode_answer(answer.content, dict[str, Any], str(answer.url))
        try:
            return msgspec.convert({**told, "details": told}, Health)
        except msgspec.ValidationError as error:
            raise UnexpectedAnswer(f"{answer.url} is no health of a ridescore server: {error}") from None

    def models(self, *, request_id: str = "") -> dict[str, Any]:
        """What the server's registry holds, as ``/models`` says it."""
        answer = self._ask("GET", "/models", b"", "", request_id)
        return decode_answer(answer.content, dict[str, Any], str(answer.url))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Failures of the transport as errors of ours."""
        try:
            yield
        except AskedToWait as asked:
            raise asked.problem from None
        except httpx.TimeoutException as error:
            raise Unreachable(
                f"{self._http.base_url} did not answer in time ({type(error).__name__}); give timeout_seconds more, "
                "or look at the server's load"
            ) from error
        except httpx.TransportError as error:
            raise Unreachable(
                f"no answer from {self._http.base_url}: {error}; is a server there? Start one: ridescore serve"
            ) from error
        except httpx.RequestError as error:
            raise UnexpectedAnswer(f"{self._http.base_url} answered what cannot be read: {error}") from error

    def _ask(self, method: str, path: str, body: bytes, content_type: str, request_id: str) -> httpx.Response:
        """Send, and again while that is safe and time is left."""
        deadline = time.monotonic() + max(self._total_seconds, self._timeout_seconds)
        with self._told():
            return retrying(self._total_seconds)(self._send, method, path, body, content_type, request_id, deadline)

    def _send(
        self,
        method: str,
        path: str,
        body: bytes,
        content_type: str,
        request_id: str,
        deadline: float,
        welcome: Collection[int] = (200,),
    ) -> httpx.Response:
        """One try, as long as it may take before the deadline."""
        headers = {"Accept": content_type or _JSON}
        headers |= {"Content-Type": content_type} if content_type else {}
        headers |= {"X-Request-ID": request_id} if request_id else {}
        seconds = min(self._timeout_seconds, max(0.001, deadline - time.monotonic()))
        answer = self._http.request(method, path, content=body or None, headers=headers, timeout=seconds)
        if answer.status_code in welcome:
            return answer
        problem = problem_of(answer.status_code, answer.content, str(answer.url), _request_id(answer))
        if isinstance(problem, Busy):
            raise AskedToWait(problem, retry_after_seconds(answer.headers.get("retry-after")))
        raise problem


def _part_name(request_id: str, part: int) -> str:
    """Each part of a batch under an id of its own: the server names rides without one after it."""
    return f"{request_id}-{part}" if request_id and part else request_id


def _request_id(answer: httpx.Response) -> str:
    return str(answer.headers.get("x-request-id", ""))
