"""The notebook way, the course notes' cells as a script: `FILE INPUT MODEL OUTPUT`."""

import pickle
import sys
import time
from pathlib import Path

import pandas as pd
from told import tell


def main(source: str, model_path: str, output: str) -> None:
    """Score the whole file in memory."""
    begun = time.perf_counter()
    vectorizer, model = pickle.loads(Path(model_path).read_bytes())
    rides = pd.read_parquet(source)
    rides["duration"] = (rides.lpep_dropoff_datetime - rides.lpep_pickup_datetime).dt.total_seconds() / 60
    rides["PU_DO"] = rides.PULocationID.astype(str) + "_" + rides.DOLocationID.astype(str)
    rides["ride_id"] = Path(source).stem + "_" + rides.index.astype(str)
    features = rides[["PU_DO", "trip_distance"]].to_dict(orient="records")
    predicted = model.predict(vectorizer.transform(features))
    result = pd.DataFrame(
        {
            "ride_id": rides.ride_id,
            "pickup_datetime": rides.lpep_pickup_datetime,
            "PULocationID": rides.PULocationID,
            "DOLocationID": rides.DOLocationID,
            "trip_distance": rides.trip_distance,
            "predicted_duration": predicted,
            "model_version": "notebook",
            "actual_duration": rides.duration,
            "diff": rides.duration - predicted,
        }
    )
    result.to_parquet(output, engine="pyarrow", compression="zstd", index=False)
    tell(time.perf_counter() - begun)


if __name__ == "__main__":
    main(*sys.argv[1:])
