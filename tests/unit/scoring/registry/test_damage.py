"""Whatever is damaged in a registry, the error is of the right kind, names the file and says what to do."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from scoring.errors import ModelCorrupt, ModelError, ModelIncompatible, ModelNotFound
from scoring.registry.active import Active

Written = Callable[..., str]
RESTORE = "restore it, or train and register a new version"


def error(kind: type[ModelError], ask: Callable[..., Any], *arguments: Any) -> str:
    """The message of exactly this kind of error."""
    with pytest.raises(kind) as raised:
        ask(*arguments)
    assert type(raised.value) is kind
    return str(raised.value)


def folder(shelf: Any, version: str) -> str:
    return f"{shelf.registry.location}/versions/{version}"


@pytest.fixture
def version(shelf: Any, written: Written) -> str:
    """The one version of the registry; it is active."""
    name = written(shelf)
    shelf.registry.activate(name)
    return name


def test_a_truncated_artefact(shelf: Any, version: str) -> None:
    whole = shelf.read(f"versions/{version}/linear.npz")
    shelf.overwrite(f"versions/{version}/linear.npz", whole[:-1])
    assert error(ModelCorrupt, shelf.registry.load, version) == (
        f"{folder(shelf, version)}/linear.npz has {len(whole) - 1} bytes, its manifest says {len(whole)}; {RESTORE}"
    )


@pytest.mark.parametrize("place", [0, 1_000, -1])
def test_one_flipped_bit_in_an_artefact(place: int, shelf: Any, version: str) -> None:
    content = bytearray(shelf.read(f"versions/{version}/linear.npz"))
    content[place] ^= 1
    shelf.overwrite(f"versions/{version}/linear.npz", bytes(content))
    message = error(ModelCorrupt, shelf.registry.load, version)
    assert message.startswith(f"{folder(shelf, version)}/linear.npz has changed: its sha256 begins ")
    assert message.endswith(RESTORE)


def test_a_missing_artefact(shelf: Any, version: str) -> None:
    shelf.remove(f"versions/{version}/linear.npz")
    assert (
        error(ModelCorrupt, shelf.registry.load, version)
        == f"{folder(shelf, version)}/linear.npz is missing; {RESTORE}"
    )


def test_a_missing_manifest(shelf: Any, version: str) -> None:
    shelf.remove(f"versions/{version}/manifest.json")
    assert error(ModelNotFound, shelf.registry.load, version) == (
        f"{folder(shelf, version)} is no model version: it has no manifest.json; see `ridescore models list`"
    )
    assert shelf.registry.versions() == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"not json", b"\xff", b"{}", b'{"format": "1"}', b'{"format": 1}']
)
def test_a_damaged_manifest(content: bytes, shelf: Any, version: str) -> None:
    shelf.overwrite(f"versions/{version}/manifest.json", content)
    message = error(ModelCorrupt, shelf.registry.load, version)
    assert message.startswith(f"{folder(shelf, version)}/manifest.json is damaged (")
    assert message.endswith(RESTORE)


@pytest.mark.parametrize("fields", [{"surprise": 1}, {"created": 5}, {"golden": [{}]}, {"artefacts": None}])
def test_a_manifest_with_a_field_that_is_unknown_or_of_another_type(
    fields: dict[str, Any], shelf: Any, version: str
) -> None:
    shelf.edit_manifest(version, **fields)
    message = error(ModelCorrupt, shelf.registry.load, version)
    assert message.startswith(f"{folder(shelf, version)}/manifest.json is damaged (")
    assert next(iter(fields)) in message
    assert message.endswith(RESTORE)


def test_a_manifest_of_a_later_format_even_with_fields_unknown_here(shelf: Any, version: str) -> None:
    shelf.edit_manifest(version, format=2, surprise=1)
    assert error(ModelIncompatible, shelf.registry.load, version) == (
        f"{folder(shelf, version)}/manifest.json is of format 2, this release reads up to 1: upgrade ridescore"
    )


@pytest.mark.parametrize("fields", [{"duration_minutes": 0.25}, {"known_route": False}])
def test_a_golden_ride_that_scores_otherwise(fields: dict[str, Any], shelf: Any, version: str) -> None:
    golden = msgspec.json.decode(shelf.read(f"versions/{version}/manifest.json"))["golden"]
    golden[4] |= fields
    shelf.edit_manifest(version, golden=golden)
    message = error(ModelCorrupt, shelf.registry.load, version)
    assert message.startswith(
        f"{folder(shelf, version)}/manifest.json: a golden ride ({golden[4]['ride']['PULocationID']} to"
    )
    assert message.endswith("restore the version or train a new one")


def test_no_golden_rides(shelf: Any, version: str) -> None:
    shelf.edit_manifest(version, golden=[])
    assert error(ModelCorrupt, shelf.registry.load, version) == (
        f"{folder(shelf, version)}/manifest.json has no golden rides to prove the model by; train and register it again"
    )


def test_a_renamed_folder(shelf: Any, version: str) -> None:
    shelf.rename(f"versions/{version}", "versions/best")
    message = error(ModelCorrupt, shelf.registry.load, "best")
    assert message.startswith(
        f"{folder(shelf, 'best')}/manifest.json is the manifest of {version}; the folder was renamed"
    )
    assert message.endswith(RESTORE)


@pytest.mark.parametrize("name", ["../linear.npz", "/etc/passwd", "a/b", ".hidden", "", "a\0b", "x" * 5_000])
def test_a_manifest_that_names_a_file_elsewhere(name: str, shelf: Any, version: str) -> None:
    shelf.edit_manifest(version, artefacts=[{"name": name, "size_bytes": 1, "sha256": "0"}])
    assert error(ModelCorrupt, shelf.registry.load, version) == (
        f"{folder(shelf, version)}/manifest.json names the file {name!r}, which no version has"
    )


@pytest.mark.parametrize(
    ("fields", "kind", "message"),
    [
        ({"kind": "onnx"}, ModelIncompatible, "kind 'onnx' that reads 'codes' is unknown to this release; upgrade"),
        ({"kind": "estimator"}, ModelCorrupt, "the version has no file 'estimator.skops'"),
        ({"features": "pu,do,hour"}, ModelIncompatible, "no feature set is named 'pu,do,hour'"),
        ({"features": "pu,do"}, ModelCorrupt, "linear.npz does not hold a linear model of pu,do"),
        ({"artefacts": []}, ModelCorrupt, "linear.npz does not hold a linear model"),
    ],
)
def test_a_manifest_that_is_not_its_models(
    fields: dict[str, Any], kind: type[ModelError], message: str, shelf: Any, version: str
) -> None:
    shelf.edit_manifest(version, **fields)
    found = error(kind, shelf.registry.load, version)
    assert found.startswith(f"{folder(shelf, version)}: ")
    assert message in found


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"v1", b'{"version": "v1"}', b'{"version":1,"previous":null,"generation":1}', b"\xff", b"[" * 5_000],
)
def test_a_damaged_active_file_is_mended_by_an_activation(content: bytes, shelf: Any, version: str) -> None:
    shelf.overwrite("ACTIVE", content)
    for ask in (shelf.registry.active, shelf.registry.load_active, shelf.registry.rollback):
        message = error(ModelCorrupt, ask)
        assert message.startswith(f"{shelf.registry.location}/ACTIVE is damaged (")
        assert message.endswith("; set it anew: ridescore models activate VERSION")
    assert shelf.read("ACTIVE") == content
    assert shelf.registry.activate(version).version == version
    assert shelf.registry.load_active().manifest.version == version


@pytest.mark.parametrize("name", ["gone", "../x"])
def test_an_active_file_that_names_a_version_that_is_not_there(name: str, shelf: Any, version: str) -> None:
    shelf.overwrite("ACTIVE", msgspec.json.encode(Active(name, name, 3)))
    message = error(ModelNotFound, shelf.registry.load_active)
    assert message.startswith(f"{shelf.registry.location}/ACTIVE names a version that is not there: ")
    assert name in message
    assert message.endswith("ridescore models activate VERSION")
    error(ModelNotFound, shelf.registry.rollback)
    assert shelf.registry.activate(version) == Active(version, name, 4)
