"""Everything that the OpenAPI document allows, and what it does not, by schemathesis in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

_HERE = Path(__file__).parent
_CONFIGURATION = _HERE / "schemathesis.toml"


@dataclass(frozen=True)
class DocumentedFuzz:
    """What came of a run.

    Attributes:
        cases: requests that were made.
        failures: of those, answers that were not as the document says, or 5xx.
        passed: whether schemathesis found nothing.
        output: what it printed.
    """

    cases: int
    failures: int
    passed: bool
    output: str


def fuzz_documented(port: int, most_cases_an_operation: int, *options: str, token: str = "") -> DocumentedFuzz:
    """Run schemathesis on a server of this machine.

    Args:
        port: where it listens.
        most_cases_an_operation: of each of the phases that make cases up.
        options: more of schemathesis's own.
        token: sent along, where the server asks for one.
    """
    authorization = {"Authorization": f"Bearer {token}"} if token else {}
    model, version = _loaded(port, authorization)
    ours = {"FUZZED_MODEL": model, "FUZZED_VERSION": version}
    ours |= {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(_HERE.parent.parent)}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIGURATION), "run"]
        command += [f"http://127.0.0.1:{port}/openapi.json", "--max-examples", str(most_cases_an_operation)]
        command += ["--no-color", "--continue-on-failure", "--report", "json", "--report-json-path", str(report)]
        ended = subprocess.run(
            [*command, *options, *(f"--header={name}: {value}" for name, value in authorization.items())],
            env={**os.environ, **ours},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        output = ended.stdout + ended.stderr
        counted = json.loads(report.read_text())["test_cases"] if report.exists() else {}
    return DocumentedFuzz(counted.get("generated", 0), counted.get("with_failures", 0), ended.returncode == 0, output)


def _loaded(port: int, authorization: dict[str, str]) -> tuple[str, str]:
    """The name and version of the model, as an inference names them."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    ride = {"inputs": [], "outputs": []}
    connection.request(
        "POST", "/v2/models/-/infer", json.dumps(ride), {"Content-Type": "application/json", **authorization}
    )
    told = json.loads(connection.getresponse().read())["error"]  # "no model is named '-' here; 'ride-duration' is"
    connection.request("GET", "/health")
    version = json.loads(connection.getresponse().read())["model_version"]
    connection.close()
    return told.split("'")[3], version
