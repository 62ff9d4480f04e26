#!/bin/sh
# `ridescore demo` in containers of its own, gone at its end. Exits with 75 where no engine answers, the image cannot be
# built, or the user has named a Kafka: the demo then runs on this machine's services.
set -eu
cd "$(dirname "$0")/../.."
[ -z "${KAFKA_BOOTSTRAP_SERVERS:-}${RIDESCORE_SERVICES:-}" ] || exit 75
docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 || exit 75
demo() { docker compose --file deploy/compose/demo.yml --project-name "ridescore-demo-$$" --progress quiet "$@"; }
log="$(mktemp)"
trap 'demo down --volumes --timeout 0 >/dev/null 2>&1 || true; rm -f "$log"' EXIT
trap 'exit 130' INT TERM
echo "building the image (minutes the first time)" >&2
if ! demo build >"$log" 2>&1; then
  tail -3 "$log" >&2
  echo "the image cannot be built here; the demo goes on without containers" >&2
  exit 75
fi
echo "starting a Kafka in Docker" >&2
demo run --rm --quiet-pull demo
