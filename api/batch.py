"""`POST /predict/batch`: up to ten thousand rides at a time, as JSON or Arrow; a bad ride is answered at its own place.

What comes as Arrow goes back as Arrow.
"""

from typing import Final

from flask import Blueprint, Response, g, request

from api.batch_json import answer_json
from api.body import ARROW_TYPE, JSON_TYPE, check_type, non_empty_body
from api.door import Door

_TYPES: Final = (JSON_TYPE, ARROW_TYPE)


def batch_blueprint(door: Door) -> Blueprint:
    """The route of many rides."""
    blueprint = Blueprint("batch", __name__)

    @blueprint.post("/predict/batch")
    def predict_batch() -> Response:
        kind = check_type(request.headers.get("Content-Type"), _TYPES)
        body = non_empty_body(request, 'send {"rides": [...]}, or an Arrow stream')
        return Response(answer_batch(door, kind, body, g.request_id), content_type=kind)

    return blueprint


def answer_batch(door: Door, kind: str, body: bytes, request_id: str) -> bytes:
    """Score the rides of a body; Flask's view and the fast path both call this.

    Args:
        door: gives the scorer in force, and counts.
        kind: the body's media type, which is the answer's, too.
        body: the rides.
        request_id: names rides that have no id, each as `request-id_index`.

    Raises:
        Problem: the body cannot be read (400), holds too many rides (413), or there is no model (503).
    """
    if kind == JSON_TYPE:
        return answer_json(door, body, request_id)
    from api.batch_arrow import answer_arrow  # pyarrow costs 40 MB, which most processes never need

    return answer_arrow(door, body, request_id)
