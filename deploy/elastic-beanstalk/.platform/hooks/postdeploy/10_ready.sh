#!/bin/bash
# A deployment whose instance has no model is a failed one: the platform then keeps the version before.
set -euo pipefail
for _ in $(seq 30); do
  if curl --silent --fail --max-time 2 "http://127.0.0.1:${PORT:-8000}/ready"; then exit 0; fi
  sleep 1
done
curl --silent --max-time 2 "http://127.0.0.1:${PORT:-8000}/health" >&2 || true
exit 1
