"""`POST /predict`: one ride to one prediction; `predict_ride` is what Flask's view and the fast path both call."""

from time import perf_counter

from flask import Blueprint, Response, g, request

from api.body import json_body
from api.door import Door
from api.problem import model_problem, ride_problem
from scoring.errors import ModelError, ModelFailed, RideError
from scoring.prediction import Prediction, encode_prediction
from scoring.rides.decoder import decode_ride
from scoring.rides.ride import Ride


def predict_ride(door: Door, body: bytes, request_id: str) -> tuple[Prediction, Ride]:
    """Decode and score the ride in a body, and count it.

    Args:
        door: gives the scorer in force, and counts.
        body: one ride as JSON.
        request_id: names the ride where it has no id.

    Raises:
        Problem: the ride is malformed, breaks a rule or the model fails on it (400), or there is no model (503).
    """
    begun = perf_counter()
    try:
        scorer = door.scorers.current()
        ride = decode_ride(body)
        prediction = scorer.score(ride, request_id)
    except RideError as error:
        door.recorder.refused()
        raise ride_problem(error) from None
    except ModelError as error:
        if isinstance(error, ModelFailed):
            door.recorder.refused()
        raise model_problem(error) from None
    door.recorder.scored(perf_counter() - begun, prediction.duration, prediction.known_route, ride.trip_distance)
    return prediction, ride


def predict_blueprint(door: Door) -> Blueprint:
    """The route of a single ride."""
    blueprint = Blueprint("predict", __name__)

    @blueprint.post("/predict")
    def predict() -> Response:
        g.prediction, g.ride = predict_ride(door, json_body(request), g.request_id)
        return Response(encode_prediction(g.prediction), content_type="application/json")

    return blueprint
