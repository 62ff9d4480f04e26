"""What each of Locust's users does: one random ride after the other to POST /predict, and now and then /health.

Also runs alone: `locust -f cli/loadtest/locustfile.py --host http://localhost:9696`.
"""

import os
import random

from locust import FastHttpUser, constant, constant_throughput, task
from locust.contrib.fasthttp import ResponseContextManager

RATE = float(os.environ.get("LOADTEST_REQUESTS_PER_USER_SECOND") or 0)
TOKEN = os.environ.get("API_TOKEN")


class Rider(FastHttpUser):
    """Asks for durations, at a rate of its own or one after the other."""

    wait_time = constant_throughput(RATE) if RATE else constant(0)
    default_headers = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}

    @task(100)
    def predict(self) -> None:
        """One ride; an answer without a duration is a failure."""
        ride = {
            "PULocationID": random.randint(1, 265),  # noqa: S311 - any ride will do
            "DOLocationID": random.randint(1, 265),  # noqa: S311
            "trip_distance": round(random.expovariate(0.3), 2),
        }
        with self.client.post("/predict", json=ride, catch_response=True) as answer:
            if answer.status_code == 200 and not _has_duration(answer):
                answer.failure("an answer without a duration")

    @task(1)
    def health(self) -> None:
        """As a monitor asks."""
        self.client.get("/health")


def _has_duration(answer: ResponseContextManager) -> bool:
    try:
        return isinstance(answer.json()["duration"], float)
    except (ValueError, KeyError, TypeError):
        return False
