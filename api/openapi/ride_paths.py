"""The document's paths of rides: one, and many."""

from typing import Any, Final

from api.body import ARROW_TYPE
from api.openapi.operation import answer, json_answer, json_content, operation, problems

_TAG: Final = "predictions"
RIDE_EXAMPLE: Final = {"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}
PREDICTION_EXAMPLE: Final = {
    "ride_id": "my-ride",
    "duration": 9.87,
    "model_version": "20261122-151307-be02f6",
    "prediction_time": "2026-11-22T15:13:14.320981Z",
    "known_route": True,
}
_RIDE_EXAMPLES: Final = {
    "plain": {"summary": "As in the course notes", "value": RIDE_EXAMPLE},
    "named": {"summary": "With an id of your own", "value": {**RIDE_EXAMPLE, "ride_id": "my-ride"}},
}
_BATCH_EXAMPLE: Final = {
    "rides": [{**RIDE_EXAMPLE, "ride_id": "my-ride"}, {"PULocationID": 300, "DOLocationID": 2, "trip_distance": 1}]
}
_BATCH_ANSWER_EXAMPLE: Final = {
    "predictions": [
        PREDICTION_EXAMPLE,
        {
            "index": 1,
            "error": "The ride breaks a rule",
            "code": "invalid-ride",
            "message": "PULocationID: must be a whole number from 1 to 265, not 300",
            "errors": [{"field": "PULocationID", "reason": "must be a whole number from 1 to 265, not 300"}],
        },
    ]
}


def ride_paths() -> dict[str, Any]:
    """The paths."""
    return {
        "/predict": {
            "post": operation(
                "predict",
                _TAG,
                "Score one ride",
                {
                    "200": json_answer("The prediction.", "Prediction", PREDICTION_EXAMPLE),
                    **problems(400, 401, 408, 413, 415, 503),
                },
                description="Other fields are ignored. A ride without `ride_id` is named after the request. A body of "
                "1 MiB at most. `known_route` is false where a location was never seen in training.",
                body=json_content("Ride", examples=_RIDE_EXAMPLES),
            )
        },
        "/predict/batch": {
            "post": operation(
                "predictBatch",
                _TAG,
                "Score up to 10,000 rides",
                {
                    "200": answer(
                        "One answer a ride, in order: its prediction, or its index and what is wrong with it.",
                        {**json_content("BatchAnswer", _BATCH_ANSWER_EXAMPLE), ARROW_TYPE: {}},
                    ),
                    **problems(400, 401, 408, 413, 415, 503),
                },
                description="One bad ride spoils no other. A body of 16 MiB at most. An Arrow IPC stream of columns "
                "`PULocationID`, `DOLocationID`, `trip_distance` and, if you like, `ride_id` is answered with one.",
                body={**json_content("BatchRequest", _BATCH_EXAMPLE), ARROW_TYPE: {}},
            )
        },
    }
