"""What the manifests and workflows are checked with: `make deploy-tools` gets it; without it these tests skip."""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn

import jsonschema_rs
import pytest
import yaml

from tests.do_without import do_without

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
TOOLS = ROOT / ".deploy-tools"
KUBERNETES = DEPLOY / "kubernetes"

# The newest that the archive knows, and the oldest that cloud providers still run.
KUBERNETES_VERSIONS = ("v1.32.0", "v1.37.0")

Manifest = dict[str, Any]


def do_without_tool(what: str) -> NoReturn:
    """Say which of the tools is missing."""
    do_without(f"needs {what}; run: make deploy-tools")


def tool(name: str) -> str | None:
    """A program of `make deploy-tools`, or of this machine."""
    own = TOOLS / "bin" / name
    return str(own) if own.exists() else shutil.which(name)


@cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    """Every manifest of an overlay, as a cluster would get it."""
    if kustomize := tool("kustomize"):
        command = [kustomize, "build"]
    elif kubectl := tool("kubectl"):
        command = [kubectl, "kustomize"]
    else:
        do_without_tool("kustomize")
    made = subprocess.run(
        [*command, str(KUBERNETES / "overlays" / overlay)], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return tuple(yaml.safe_load_all(made.stdout))


@dataclass(frozen=True)
class Schemas:
    """The schemas of one Kubernetes version and of KEDA; in them a field that does not exist is an error."""

    definitions: Manifest
    names: dict[tuple[str, str, str], str]
    custom: dict[tuple[str, str, str], Manifest]

    def problems(self, manifest: Manifest) -> list[str]:
        group, _, version = manifest["apiVersion"].rpartition("/")
        kind = (group, version, manifest["kind"])
        if kind in self.custom:
            validator = jsonschema_rs.validator_for(self.custom[kind])
        elif kind in self.names:
            schema = {"$ref": f"json-schema:///api/_definitions.json#/$defs/{self.names[kind]}"}
            validator = jsonschema_rs.validator_for(schema, retriever=lambda _uri: self.definitions)
        else:
            return [f"no such kind: {kind}"]
        return [f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in validator.iter_errors(manifest)]


@cache
def read_schemas(version: str) -> Schemas:
    archive = next(iter(TOOLS.glob("kubernetes_validate-*.whl")), None)
    custom = sorted(TOOLS.glob("keda.sh_*.yaml"))
    if archive is None or not custom:
        do_without_tool("the schemas of Kubernetes and KEDA")
    with zipfile.ZipFile(archive) as files:
        name = f"kubernetes_validate/kubernetes-json-schema/{version}-local-strict/_definitions.json"
        definitions = json.loads(files.read(name))
    names = {
        (kind["group"], kind["version"], kind["kind"]): name
        for name, definition in definitions["$defs"].items()
        for kind in definition.get("x-kubernetes-group-version-kind", ())
    }
    return Schemas(definitions, names, dict(map(_custom_kind, custom)))


def _custom_kind(file: Path) -> tuple[tuple[str, str, str], Manifest]:
    spec = yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]
    version = spec["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    schema["properties"]["metadata"] = {"type": "object"}
    return (spec["group"], version["name"], spec["names"]["kind"]), _closed(schema)


def _closed(schema: Any) -> Any:
    """The same schema, in which unknown fields are errors, as a cluster drops them without a word."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items() if name != "format"}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


@pytest.fixture(scope="session", params=KUBERNETES_VERSIONS)
def schemas(request: pytest.FixtureRequest) -> Schemas:
    """Of each Kubernetes version that the manifests are for."""
    return read_schemas(request.param)


@pytest.fixture(scope="session")
def actionlint() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run actionlint on files."""
    found = tool("actionlint")
    if found is None:
        do_without_tool("actionlint")
    return partial(_run, found)


def _run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, cwd=ROOT)
