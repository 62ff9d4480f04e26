"""The protocol's messages: the types that decode requests, encode responses and make the OpenAPI document.

Absent and null are the same in requests: MLServer's client writes null for whatever was not given.
"""

from typing import Annotated, Any, Final, Literal

import msgspec

Datatype = Literal[
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"
]
Dimension = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

_ELEMENT: Final = {"type": ["number", "string", "boolean", "null"]}
_TENSOR: Final = {
    "type": "array",
    "items": {"anyOf": [_ELEMENT, {"type": "array", "items": _ELEMENT}]},
    "description": "Elements in row-major order, flat or nested as the shape is.",
}
TensorData = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema=_TENSOR)]

_PARAMETERS: Final = msgspec.Meta(
    description="`content_type` (np, pd, str) as MLServer's clients set it, and those of the binary tensor extension; "
    "others are ignored."
)
Parameters = Annotated[dict[str, Any], _PARAMETERS]


class RequestInput(msgspec.Struct, frozen=True):
    """One input tensor: a field of every ride.

    Attributes:
        name: the field; tensors that are no field of a ride are ignored.
        shape: [n] or [n, 1].
        datatype: of its elements.
        data: its elements; left out where they follow the JSON in binary.
        parameters: `binary_data_size` where they do.
    """

    name: str
    shape: list[Dimension]
    datatype: Datatype
    data: TensorData | msgspec.UnsetType = msgspec.UNSET
    parameters: Parameters | None = None


class RequestOutput(msgspec.Struct, frozen=True):
    """One output that is asked for; `binary_data` among its parameters asks for it in binary."""

    name: str
    parameters: Parameters | None = None


class InferenceRequest(msgspec.Struct, frozen=True):
    """n rides as named tensors; with no `outputs` all are answered."""

    inputs: list[RequestInput]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[RequestOutput] | None = None


class ResponseOutput(msgspec.Struct, frozen=True, omit_defaults=True):
    """One output tensor of shape [n]; `data` is left out where it follows the JSON in binary."""

    name: str
    shape: list[int]
    datatype: Datatype
    parameters: dict[str, str | int] | msgspec.UnsetType = msgspec.UNSET
    data: list[float | bool | str] | msgspec.UnsetType = msgspec.UNSET


class InferenceResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer for n rides; `id` is the request's."""

    model_name: str
    model_version: str
    outputs: list[ResponseOutput]
    id: str | msgspec.UnsetType = msgspec.UNSET
    parameters: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class InferenceError(msgspec.Struct, frozen=True):
    """What every refusal under /v2 looks like."""

    error: str


class ServerMetadata(msgspec.Struct, frozen=True):
    """What this server is."""

    name: str
    version: str
    extensions: list[str]


class ServerLive(msgspec.Struct, frozen=True):
    """Whether the server answers at all."""

    live: bool


class ServerReady(msgspec.Struct, frozen=True):
    """Whether there is a model to ask; the specification's text has the field `live`, KServe's client reads `ready`."""

    live: bool
    ready: bool


class ModelReady(msgspec.Struct, frozen=True):
    """Whether this model can be asked."""

    name: str
    ready: bool


class MetadataTensor(msgspec.Struct, frozen=True):
    """A tensor that the model takes or gives; -1 stands for the number of rides."""

    name: str
    datatype: Datatype
    shape: list[int]


class ModelMetadata(msgspec.Struct, frozen=True):
    """What a model takes and gives; `versions` are those that can be asked."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[MetadataTensor]
    outputs: list[MetadataTensor]
