"""A registry at a URL: what a cut-off upload or a failing store leaves."""

from collections.abc import Callable
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from scoring.errors import ModelError, ModelNotFound
from scoring.models.linear import LinearModel
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry

URL = "memory://models/registry"
Drafted = Callable[..., Manifest]


@pytest.fixture
def registry(empty_memory: None) -> Registry:
    """An empty registry in memory."""
    return Registry(URL)


@pytest.mark.parametrize("url", ["nowhere://bucket/models", "s4://x"])
def test_an_unknown_protocol_is_named(url: str) -> None:
    with pytest.raises(ModelNotFound, match=f"^cannot open the registry {url}: Protocol not known"):
        Registry(url)


def test_a_cut_off_upload_is_no_version_and_can_be_done_again(
    registry: Registry, linear_model: LinearModel, drafted: Drafted, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = MemoryFileSystem.pipe_file

    def fail_on_manifest(self: Any, path: str, value: bytes, **named: Any) -> Any:
        if path.endswith("manifest.json"):
            raise OSError("connection reset")
        return whole(self, path, value, **named)

    with monkeypatch.context() as patched:
        patched.setattr(MemoryFileSystem, "pipe_file", fail_on_manifest)
        with pytest.raises(
            ModelError, match=rf"^cannot write {URL}/versions/.*: connection reset; nothing was registered$"
        ):
            registry.write(drafted(linear_model), linear_model)
    assert any(path.endswith("linear.npz") for path in fsspec.filesystem("memory").store)
    assert registry.versions() == []
    version = registry.write(drafted(linear_model), linear_model).version
    assert registry.versions() == [version]
    assert registry.load(version).manifest.version == version


@pytest.mark.parametrize(
    ("broken", "ask", "message"),
    [
        ("cat_file", lambda registry, _: registry.active(), "cannot read memory://models/registry/ACTIVE: denied"),
        ("ls", lambda registry, _: registry.versions(), "cannot list memory://models/registry/versions: denied"),
        (
            "pipe_file",
            lambda registry, version: registry.activate(version),
            "cannot write memory://models/registry/ACTIVE: denied; it is as it was",
        ),
    ],
)
def test_a_store_that_refuses_is_named(
    broken: str,
    ask: Callable[[Registry, str], Any],
    message: str,
    registry: Registry,
    linear_model: LinearModel,
    drafted: Drafted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = registry.write(drafted(linear_model), linear_model).version

    def refuse(*_arguments: Any, **_named: Any) -> Any:
        raise PermissionError("denied")

    monkeypatch.setattr(MemoryFileSystem, broken, refuse)
    with pytest.raises(ModelError) as refused:
        ask(registry, version)
    assert str(refused.value) == message


class ListingKeeper(MemoryFileSystem):
    """Keeps its listings until told otherwise, as the object stores' file systems do."""

    protocol = "kept"
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Any] = {}

    def ls(self, path: str, detail: bool = True, **named: Any) -> Any:
        if path not in self.kept:
            self.kept[path] = super().ls(path, detail=detail, **named)
        return self.kept[path]

    def invalidate_cache(self, path: str | None = None) -> None:
        self.kept.clear()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return MemoryFileSystem._strip_protocol(path.replace("kept://", "memory://"))


@pytest.fixture
def kept_listings(empty_memory: None) -> str:
    """The URL of a registry whose file system keeps its listings."""
    fsspec.register_implementation("kept", ListingKeeper, clobber=True)
    return "kept://models/registry"


def test_a_version_that_another_process_wrote_is_listed(
    kept_listings: str, linear_model: LinearModel, drafted: Drafted
) -> None:
    reader, writer = Registry(kept_listings), Registry(URL)
    first = writer.write(drafted(linear_model), linear_model).version
    assert reader.versions() == [first]
    second = writer.write(drafted(linear_model, created="2026-02-02T00:00:00.000000Z"), linear_model).version
    assert reader.versions() == [first, second]
