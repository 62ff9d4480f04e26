"""The course notes' client, unchanged: python examples/requests_client.py [URL]. Needs requests."""

import sys

import requests

url = (sys.argv[1] if len(sys.argv) > 1 else "http://localhost:9696") + "/predict"

ride = {
    "PULocationID": 100,
    "DOLocationID": 200,
    "trip_distance": 3.5,
}

response = requests.post(url, json=ride, timeout=10)
result = response.json()
print(f"Predicted duration: {result['duration']:.2f} minutes")
print(f"Model version: {result['model_version']}")
