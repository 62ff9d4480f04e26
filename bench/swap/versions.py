"""A registry of versions that each give another number for the same ride, and one that is damaged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from scoring.features import feature_set
from scoring.models.compile import probe_rides
from scoring.models.known import KnownLocations
from scoring.models.linear import LinearModel
from scoring.registry.active import Active, encode_active
from scoring.registry.golden import choose_golden_rides
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry
from scoring.rides.decoder import decode_ride

RIDES: Final[list[Mapping[str, Any]]] = [
    {"PULocationID": zone, "DOLocationID": 266 - zone, "trip_distance": zone / 16} for zone in range(1, 265, 12)
]


@dataclass(frozen=True)
class Versions:
    """What may be promoted.

    Attributes:
        registry: with the first version active.
        sound: the names of the others and of the first, oldest first.
        damaged: one whose artefact has changed on the disk.
        minutes: for each sound version the duration of each of RIDES.
    """

    registry: Registry
    sound: list[str]
    damaged: str
    minutes: Mapping[str, list[float]]

    @classmethod
    def written(cls, folder: Path, count: int) -> "Versions":
        """Write that many sound ones and a damaged one."""
        registry = Registry(str(folder))
        seen = probe_rides(400)
        features = feature_set("pu_do+distance")
        codes = KnownLocations.seen_in(seen, features).codes
        weights = {location: np.linspace(-3.0, 4.0, len(each)) for location, each in codes.items()}
        base = LinearModel(features, 5.0, 2.7, codes, weights)
        rides = [decode_ride(_json(ride)) for ride in RIDES]
        names, minutes = [], {}
        for number in range(count + 1):
            model = replace(base, intercept_minutes=5.0 + number)
            draft = Manifest(
                format=1,
                name="swap",
                version="",
                kind=model.kind,
                features=features.name,
                reads="codes",
                created=f"2026-01-02T{number // 60:02}:{number % 60:02}:05.678901Z",
                algorithm="LinearRegression",
                parameters={},
                training=[],
                validation=[],
                metrics={},
                artefacts=[],
                libraries={},
                max_training_miles=None,
                histograms={},
                golden=choose_golden_rides(model, seen),
            )
            names.append(registry.write(draft, model).version)
            minutes[names[-1]] = [model.score_ride(ride)[0] for ride in rides]
        damaged = names.pop()
        del minutes[damaged]
        _damage(next((folder / "versions" / damaged).glob("*.npz")))
        registry.activate(names[0])
        return cls(registry, names, damaged, minutes)

    def point_to(self, version: str) -> Active:
        """Write ACTIVE without verifying, as nothing of ridescore does."""
        before = self.registry.chosen()
        active = Active(version, before.version, before.generation + 1)
        target = Path(self.registry.location) / "ACTIVE"
        staged = target.with_name("ACTIVE.staged")
        staged.write_bytes(encode_active(active))
        staged.replace(target)
        return active


def _json(ride: Mapping[str, Any]) -> bytes:
    import json

    return json.dumps(ride).encode()


def _damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
