"""What an output holds: the union of its manifests. Files that no manifest names do not count, whatever they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from batch.manifest import MANIFESTS, Manifest, OutputFile, ScoredFile, decode_manifest
from batch.output import Output, open_output


@dataclass(frozen=True, slots=True)
class CommittedFile:
    """An input that is scored, and the manifest that says so."""

    manifest: Manifest
    scored: ScoredFile


@dataclass(frozen=True)
class Committed:
    """What the manifests say.

    Attributes:
        manifests: oldest first.
        files: of each content and model version the latest generation, in the order of the manifests.
        superseded: what ``--overwrite`` has replaced; readers pass it over.
    """

    manifests: Sequence[Manifest]
    files: Sequence[CommittedFile]
    superseded: Sequence[CommittedFile]

    @cached_property
    def _by_content(self) -> dict[tuple[str, str], CommittedFile]:
        return {(each.scored.sha256, each.manifest.model_version): each for each in self.files}

    @cached_property
    def _sizes(self) -> set[tuple[int, str]]:
        return {(each.scored.size_bytes, each.manifest.model_version) for each in self.files}

    def file(self, sha256: str, model_version: str) -> CommittedFile | None:
        """What is committed of a content by a model version."""
        return self._by_content.get((sha256, model_version))

    def has_size(self, size_bytes: int, model_version: str) -> bool:
        """Whether an input of that size is committed by a model version: one without need not be digested."""
        return (size_bytes, model_version) in self._sizes

    def predictions(self, model_version: str | None = None) -> list[OutputFile]:
        """The files of predictions, of one model version or of all, in the order of inputs and rows."""
        return [
            file
            for each in self.files
            if model_version in (None, each.manifest.model_version)
            for file in each.scored.predictions
        ]

    def names(self) -> set[str]:
        """The name of every file that counts."""
        return {file.name for each in self.files for file in (*each.scored.predictions, *each.scored.quarantine)}


def read_committed(output: Output) -> Committed:
    """Read every manifest of an output; one that does not exist yet has none.

    Raises:
        OutputError: a manifest is damaged, or of a later format.
    """
    manifests = []
    for name in output.names(MANIFESTS):
        if name.endswith(".json"):
            path = f"{MANIFESTS}/{name}"
            content = output.read(path)
            if content is not None:
                manifests.append(decode_manifest(content, output.path_of(path)))
    manifests.sort(key=lambda manifest: (manifest.created, manifest.run_id))
    latest: dict[tuple[str, str], CommittedFile] = {}
    superseded = []
    for manifest in manifests:
        for scored in manifest.files:
            one, key = CommittedFile(manifest, scored), (scored.sha256, manifest.model_version)
            other = latest.get(key)
            if other is not None:
                one, other = (one, other) if scored.generation > other.scored.generation else (other, one)
                superseded.append(other)
            latest[key] = one
    return Committed(manifests, list(latest.values()), superseded)


def prediction_paths(location: str, model_version: str | None = None) -> list[str]:
    """Paths or URLs of the predictions that count, for a reader of parquet.

    Args:
        location: the output's folder or URL.
        model_version: only this one's; of all by default.

    Raises:
        OutputError: a manifest is damaged.

    >>> prediction_paths("no-such-folder")
    []
    """
    output = open_output(location)
    return [output.path_of(file.name) for file in read_committed(output).predictions(model_version)]
