"""The course notes' way: a notebook's cells as a script, one ride at a time, offsets committed by a timer."""

import json
import pickle
import sys
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer


def main(servers: str, source: str, output: str, group: str, model_path: str) -> None:
    """Run until a signal."""
    vectorizer, model = pickle.loads(Path(model_path).read_bytes())
    consumer = KafkaConsumer(source, bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest")
    producer = KafkaProducer(bootstrap_servers=servers)
    for message in consumer:
        ride = json.loads(message.value)
        features = {
            "PU_DO": f"{ride['PULocationID']}_{ride['DOLocationID']}",
            "trip_distance": ride["trip_distance"],
        }
        duration = model.predict(vectorizer.transform([features]))[0]
        prediction = {"ride_id": ride["ride_id"], "duration": float(duration), "model_version": "notebook"}
        producer.send(output, json.dumps(prediction).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
