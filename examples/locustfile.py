"""The course notes' load test: locust -f examples/locustfile.py --host=http://localhost:9696"""

import random

from locust import HttpUser, between, task


class RideDurationUser(HttpUser):
    """Waits a moment, asks for a ride, and looks at the health now and then."""

    wait_time = between(1, 3)

    @task(3)
    def predict_duration(self):
        """One random ride."""
        ride = {
            "PULocationID": random.randint(1, 265),
            "DOLocationID": random.randint(1, 265),
            "trip_distance": random.uniform(0.5, 20.0),
        }
        self.client.post("/predict", json=ride)

    @task(1)
    def health_check(self):
        """As a monitor asks."""
        self.client.get("/health")
