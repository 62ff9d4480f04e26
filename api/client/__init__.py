"""A small typed Python client of the HTTP door. Imports httpx, tenacity and msgspec, and nothing of the server.

with Client("http://localhost:9696") as client:
    print(client.predict(Ride(43, 151, 1.8)).duration)
"""

from api.client.answers import Health, RefusedRide
from api.client.client import Client
from api.client.errors import (
    Busy,
    InvalidRequest,
    Problem,
    ServerFailed,
    Unauthorized,
    UnexpectedAnswer,
    Unreachable,
)
from scoring.errors import ClientError
from scoring.prediction import Prediction
from scoring.rides.ride import Ride

__all__ = [
    "Busy",
    "Client",
    "ClientError",
    "Health",
    "InvalidRequest",
    "Prediction",
    "Problem",
    "RefusedRide",
    "Ride",
    "ServerFailed",
    "Unauthorized",
    "UnexpectedAnswer",
    "Unreachable",
]
