#!/usr/bin/env bash
# Download three months of the TLC's records: NEWEST to measure on, the two before it to learn from. Without NEWEST, the
# month of a quarter ago: later ones may not be published yet. Prints the files as GitHub's step outputs.
set -euo pipefail
cd "$(dirname "$0")/../.."
newest="${NEWEST:-$(date -u -d "$(date -u +%Y-%m-15) -3 months" +%Y-%m)}"
[[ "$newest" =~ ^20[0-9]{2}-(0[1-9]|1[0-2])$ ]] || { echo "NEWEST is a month, as 2021-03; got '$newest'" >&2; exit 2; }
files=()
for back in 2 1 0; do
  month="$(date -u -d "$newest-15 -$back months" +%Y-%m)"
  .venv/bin/ridescore download "${SERVICE:?}" "$month" >&2
  files+=("${SERVICE}_tripdata_$month.parquet")
done
{
  echo "training=${files[0]} ${files[1]}"
  echo "validation=${files[2]}"
} >>"${GITHUB_OUTPUT:-/dev/stdout}"
