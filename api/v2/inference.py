"""One inference: a request's bytes in, a response's bytes out, all its rides scored at once by one version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from api.v2.binary_tensors import split_body, write_strings
from api.v2.messages import Datatype, InferenceRequest, InferenceResponse, RequestOutput, ResponseOutput
from api.v2.refusals import invalid_ride, malformed, quoted
from api.v2.ride_tensors import RideTensors, read_rides
from api.v2.tensors import DISTANCE, DURATION, KNOWN_ROUTE, OUTPUT_NAMES
from scoring.rides.columns import BoolArray, FloatArray
from scoring.scorer import ScoredColumns, Scorer

_decode = msgspec.json.Decoder(InferenceRequest).decode
_encode = msgspec.json.Encoder().encode
_PANDAS: Final = "pd"


@dataclass(frozen=True, slots=True)
class Inferred:
    """An answered request.

    Attributes:
        body: JSON, and binary outputs after it where they were asked for.
        json_length: where the JSON ends; None where all of it is JSON.
        rides: how many were scored.
        scored: what the model said of them.
    """

    body: bytes
    json_length: int | None
    rides: RideTensors
    scored: ScoredColumns


def decode_request(content: bytes) -> InferenceRequest:
    """Decode the JSON of a request.

    Raises:
        Problem: it is not a request of the protocol; the message says where it departs.
    """
    try:
        if not content.isascii():
            content.decode()  # the JSON decoder does not look inside the strings of fields it skips
        return _decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(f"not an inference request: {error}") from None


def infer(scorer: Scorer, body: bytes, json_length: str | None, origin: str) -> Inferred:
    """Answer one request.

    Args:
        scorer: scores all of it.
        body: as it came.
        json_length: the header of the binary tensor extension, if it was sent.
        origin: names rides without an id, with their place after it: ``<origin>_0``.

    Raises:
        Problem: 400, 413 or 422; see :func:`api.v2.ride_tensors.read_rides`.
        ModelFailed: the model raised.
    """
    content, binary = split_body(body, json_length)
    request = decode_request(content)
    wanted = _wanted_outputs(request)
    rides = read_rides(request, binary)
    scored = scorer.score_columns(rides.columns)
    if scored.failed.any():
        place = int(scored.failed.argmax())
        raise invalid_ride(
            place, DISTANCE, f"the model gives {scored.durations_minutes[place]} minutes for it, which is no duration"
        )
    parameters = request.parameters or {}
    answer, parts = _answer(wanted, parameters.get("binary_data_output") is True, rides, scored, origin)
    pandas = parameters.get("content_type") == _PANDAS
    response = InferenceResponse(
        model_name=scorer.model_name,
        model_version=scorer.model_version,
        outputs=answer,
        id=msgspec.UNSET if request.id is None else request.id,
        parameters={"content_type": _PANDAS} if pandas else msgspec.UNSET,
    )
    encoded = _encode(response)
    return Inferred(b"".join((encoded, *parts)), len(encoded) if parts else None, rides, scored)


def _wanted_outputs(request: InferenceRequest) -> list[RequestOutput]:
    if not request.outputs:
        return [RequestOutput(name) for name in OUTPUT_NAMES]
    wanted = {output.name: output for output in request.outputs}
    for name, output in wanted.items():
        if name not in OUTPUT_NAMES:
            raise malformed(f"output {quoted(name)} is none of {', '.join(OUTPUT_NAMES)}")
        refused = {"classification", "shared_memory_region"} & set(output.parameters or ())
        if refused:
            raise malformed(f"output {quoted(name)}: the extension behind {min(refused)!r} is not supported here")
    return list(wanted.values())


def _answer(
    wanted: Sequence[RequestOutput], all_binary: bool, rides: RideTensors, scored: ScoredColumns, origin: str
) -> tuple[list[ResponseOutput], list[bytes]]:
    """The outputs, and the binary elements of those that are binary, in their order."""
    outputs: list[ResponseOutput] = []
    parts: list[bytes] = []
    for output in wanted:
        datatype, elements = _elements(output.name, rides, scored, origin)
        parameters: dict[str, str | int] = {"content_type": "str"} if datatype == "BYTES" else {}
        listed: Any = msgspec.UNSET
        if (output.parameters or {}).get("binary_data", all_binary) is True:
            parts.append(write_strings(elements) if isinstance(elements, list) else _little_endian(elements))
            parameters["binary_data_size"] = len(parts[-1])
        else:
            listed = elements if isinstance(elements, list) else elements.tolist()
        shape = [len(rides.columns)]
        outputs.append(ResponseOutput(output.name, shape, datatype, parameters or msgspec.UNSET, listed))
    return outputs, parts


def _elements(
    name: str, rides: RideTensors, scored: ScoredColumns, origin: str
) -> tuple[Datatype, FloatArray | BoolArray | list[str]]:
    if name == DURATION:
        return "FP64", scored.durations_minutes
    if name == KNOWN_ROUTE:
        return "BOOL", scored.known_routes
    return "BYTES", rides.ride_ids or [f"{origin}_{place}" for place in range(len(rides.columns))]


def _little_endian(elements: FloatArray | BoolArray) -> bytes:
    return elements.astype(elements.dtype.newbyteorder("<"), copy=False).tobytes()
