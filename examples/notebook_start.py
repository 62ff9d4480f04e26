"""From a notebook to an API in six cells: python examples/notebook_start.py [FILE]

FILE: a month of the TLC's green taxis, as `ridescore download green 2021-01` fetches it; by default the sample rides.
"""

# %% Read past rides: those of 1 to 60 minutes
import pickle
import sys
import tempfile
from pathlib import Path

import pandas as pd
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression

from training import sample_rides

source = sys.argv[1] if len(sys.argv) > 1 else str(sample_rides.JANUARY)
rides = pd.read_parquet(source)
rides["duration"] = (rides.lpep_dropoff_datetime - rides.lpep_pickup_datetime).dt.total_seconds() / 60
rides = rides[rides.duration.between(1, 60)]

# %% Features: the pair of zones as one category, and the distance
rides["PU_DO"] = rides.PULocationID.astype(int).astype(str) + "_" + rides.DOLocationID.astype(int).astype(str)
dicts = rides[["PU_DO", "trip_distance"]].to_dict(orient="records")

# %% Train
dv = DictVectorizer()
model = LinearRegression().fit(dv.fit_transform(dicts), rides.duration)

# %% Keep it as notebooks do
folder = Path(tempfile.mkdtemp())
with open(folder / "model.pkl", "wb") as file:
    pickle.dump((dv, model), file)

# %% Serve it: in a terminal this is `MODEL_PATH=model.pkl ridescore serve`
import os
import re
import subprocess
import time

log = folder / "server.log"
settings = {
    **os.environ,
    "MODEL_PATH": str(folder / "model.pkl"),
    "PORT": "0",
}  # 0: any free port; leave it out for 9696
server = subprocess.Popen([sys.executable, "-m", "cli", "serve"], env=settings, stderr=log.open("wb"))
while not (found := re.search(r'"API started".*?"port":(\d+)', log.read_text())):
    if server.poll() is not None:
        raise SystemExit(log.read_text())
    time.sleep(0.1)
url = f"http://127.0.0.1:{found[1]}"

# %% Ask it: the answer is the notebook's own number
from api.client import Client, Ride

try:
    with Client(url) as client:
        prediction = client.predict(Ride(43, 151, 1.8))
finally:
    server.terminate()
    server.wait()
own = model.predict(dv.transform([{"PU_DO": "43_151", "trip_distance": 1.8}]))[0]
print(f"served: {prediction.duration:.6f} minutes by {prediction.model_version}")
print(f"notebook: {own:.6f} minutes")
assert abs(prediction.duration - own) < 1e-9
