"""The shapes of what the registry's routes answer; the views make them as they go, and tests hold them to these."""

import msgspec


class ActiveModel(msgspec.Struct):
    """Which version is chosen.

    Attributes:
        version: of the model.
        previous: the one before, which a rollback goes back to.
        generation: how many times a version was chosen.
    """

    version: str
    previous: str | None
    generation: int


class ModelMetrics(msgspec.Struct):
    """How well a version predicts the durations of past rides."""

    rides: int
    rmse_minutes: float
    mae_minutes: float


class ModelRow(msgspec.Struct):
    """One version of the registry.

    Attributes:
        damaged: why its manifest cannot be read; the fields after it are then left out.
    """

    version: str
    active: bool
    damaged: str | msgspec.UnsetType = msgspec.UNSET
    created: str | msgspec.UnsetType = msgspec.UNSET
    algorithm: str | msgspec.UnsetType = msgspec.UNSET
    kind: str | msgspec.UnsetType = msgspec.UNSET
    features: str | msgspec.UnsetType = msgspec.UNSET
    metrics: dict[str, ModelMetrics] | msgspec.UnsetType = msgspec.UNSET


class Models(msgspec.Struct):
    """The registry.

    Attributes:
        registry: where it is.
        active: what is chosen.
        scoring: the version that this process scores with; null where none could be loaded.
        versions: all that there are.
    """

    registry: str
    active: ActiveModel | None
    scoring: str | None
    versions: list[ModelRow]


class ModelChanged(msgspec.Struct):
    """Another version was chosen.

    Attributes:
        announced: whether all processes were told to look now; if not, each sees it a poll later.
        detail: why they were not.
    """

    active: ActiveModel
    announced: bool
    detail: str
