#!/usr/bin/env bash
# Install what fsspec needs for the store that MODEL_REGISTRY names; its version is fsspec's own, as both must be.
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${MODEL_REGISTRY:?}" in
s3://*) client=s3fs ;;
gs://* | gcs://*) client=gcsfs ;;
*://*) echo "no client is known for $MODEL_REGISTRY; install fsspec's for it here" >&2; exit 2 ;;
*) exit 0 ;;
esac
version="$(.venv/bin/python -c 'import fsspec; print(fsspec.__version__)')"
.venv/bin/python -m pip install --quiet --disable-pip-version-check "$client==$version"
