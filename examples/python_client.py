"""The typed client: python examples/python_client.py [URL]"""

import sys

import pyarrow as pa

from api.client import Client, InvalidRequest, RefusedRide, Ride

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:9696"

with Client(url, timeout_seconds=10, total_seconds=30) as client:  # token="..." where the server has API_TOKEN
    health = client.health()
    print(f"{health.status}, {health.model_version}, up since {health.service_up_since}")

    prediction = client.predict(Ride(43, 151, 1.8), request_id="example-1")
    print(f"{prediction.duration:.2f} minutes by {prediction.model_version}")

    # Any number of rides, sent ten thousand at a time. A ride that is refused spoils no other.
    rides = [{"PULocationID": zone, "DOLocationID": 151, "trip_distance": 1.8} for zone in (43, 166, 999)]
    for answer in client.predict_batch(rides):
        if isinstance(answer, RefusedRide):
            print(f"ride {answer.index}: {answer.message}")
        else:
            print(f"{answer.ride_id}: {answer.duration:.2f} minutes")

    # A table goes over the wire as Arrow, which is several times faster still.
    table = pa.table({"PULocationID": [43, 166], "DOLocationID": [151, 74], "trip_distance": [1.8, 2.4]})
    print(client.predict_table(table).column("duration").to_pylist())

    try:
        client.predict(Ride(43, 151, -1.0))
    except InvalidRequest as problem:
        print(f"{problem.code}: {problem.detail}")
