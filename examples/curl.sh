#!/usr/bin/env bash
# Rides, a batch, an error and the probes by curl: bash examples/curl.sh [URL]. docs/http.md lists every route.
set -euo pipefail
URL="${1:-http://localhost:9696}"

# One ride. Answers duration in minutes, model_version and prediction_time.
curl --fail-with-body -sS -X POST "$URL/predict" -H "Content-Type: application/json" \
  -d '{"PULocationID": 100, "DOLocationID": 200, "trip_distance": 3.5}'
echo

# Several rides: a bad one is answered at its own place.
curl --fail-with-body -sS -X POST "$URL/predict/batch" -H "Content-Type: application/json" -d '{"rides": [
  {"ride_id": "a", "PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8},
  {"ride_id": "b", "PULocationID": 43, "DOLocationID": 151, "trip_distance": "1.8"}
]}'
echo

# What is wrong is said as problem+json; with a server that has API_TOKEN, add -H "Authorization: Bearer $API_TOKEN".
curl -sS -X POST "$URL/predict" -H "Content-Type: application/json" -H "X-Request-ID: curl-1" \
  -d '{"PULocationID": 999, "DOLocationID": 200, "trip_distance": 3.5}'
echo

curl --fail-with-body -sS "$URL/health"
echo
curl --fail-with-body -sS "$URL/ready"
echo
curl --fail-with-body -sS "$URL/metrics" | grep -c '^ridescore_'
