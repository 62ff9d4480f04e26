"""MLServer with a custom runtime, its documented way to serve what is no single estimator: `FILE KIND PORT MODEL`.

No parallel workers: inference in its HTTP process is the fastest for a model this small.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import peer_model
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput


class RideModel(MLModel):
    """Three tensors of one element to one."""

    async def load(self) -> bool:
        """Read the model."""
        self._score = peer_model.load(os.environ["PEER_KIND"], os.environ["PEER_MODEL"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Score the ride of a request."""
        given = {each.name: NumpyCodec.decode_input(each).item() for each in payload.inputs}
        minutes = self._score(given["PULocationID"], given["DOLocationID"], given["trip_distance"])
        output = ResponseOutput(name="duration", shape=[1, 1], datatype="FP64", data=[minutes])
        return InferenceResponse(model_name=self.name, outputs=[output])


def main(kind: str, port: str, model_path: str) -> None:
    """Run until a signal."""
    os.environ |= {"PEER_KIND": kind, "PEER_MODEL": str(Path(model_path).resolve())}
    sys.path.insert(0, str(Path(__file__).parent))
    settings: dict[str, Any] = {
        "host": "127.0.0.1",
        "http_port": int(port),
        "grpc_port": int(port) + 1,
        "metrics_port": int(port) + 2,
        "parallel_workers": 0,
        "gzip_enabled": False,
        "metrics_endpoint": None,
    }
    logging = "[loggers]\nkeys=root\n[handlers]\nkeys=err\n[formatters]\nkeys=plain\n[formatter_plain]\n"
    logging += (
        "[logger_root]\nlevel=WARNING\nhandlers=err\n[handler_err]\nclass=StreamHandler\nformatter=plain\nargs=()\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "logging.ini").write_text(logging)
        settings["logging_settings"] = str(Path(folder) / "logging.ini")
        (Path(folder) / "settings.json").write_text(json.dumps(settings))
        model = {"name": "rides", "implementation": "mlserver_app.RideModel"}
        (Path(folder) / "model-settings.json").write_text(json.dumps(model))
        from mlserver.cli.main import main as mlserver

        sys.argv = ["mlserver", "start", folder]
        mlserver()


if __name__ == "__main__":
    main(*sys.argv[1:])
