"""The course notes' app: Flask, a DictVectorizer and a LinearRegression; run by gunicorn with one sync worker."""

import os
import pickle
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, jsonify, request

vectorizer, model = pickle.loads(Path(os.environ["MODEL_PATH"]).read_bytes())
app = Flask("duration-prediction")


@app.post("/predict")
def predict() -> Response:
    """One ride to one prediction."""
    ride = request.get_json()
    features = {
        "PU_DO": f"{ride['PULocationID']}_{ride['DOLocationID']}",
        "trip_distance": ride["trip_distance"],
    }
    duration = model.predict(vectorizer.transform([features]))[0]
    time = datetime.now(UTC).isoformat()
    return jsonify({"duration": float(duration), "model_version": "notebook", "prediction_time": time})


@app.get("/health")
def health() -> Response:
    """Whether it runs."""
    return jsonify({"status": "healthy"})
