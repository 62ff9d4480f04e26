"""A registry in a directory and one at a URL, and what breaks their files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import msgspec
import pytest

from scoring.models.linear import LinearModel
from scoring.registry.manifest import Manifest
from scoring.registry.registry import Registry

Written = Callable[..., str]


class Shelf:
    """A registry, and its files seen from outside."""

    def __init__(self, location: str) -> None:
        self.registry = Registry(location)
        self._files, self._root = fsspec.core.url_to_fs(location)

    def read(self, path: str) -> bytes:
        content: bytes = self._files.cat_file(f"{self._root}/{path}")
        return content

    def overwrite(self, path: str, content: bytes) -> None:
        self._files.makedirs(f"{self._root}/{path}".rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(f"{self._root}/{path}", content)

    def remove(self, path: str) -> None:
        self._files.rm(f"{self._root}/{path}", recursive=True)

    def rename(self, path: str, new: str) -> None:
        self._files.mv(f"{self._root}/{path}", f"{self._root}/{new}", recursive=True)

    def snapshot(self) -> dict[str, bytes]:
        """Every file by its path from the registry on, but for the lock."""
        return {
            path.removeprefix(self._root).lstrip("/"): self._files.cat_file(path)
            for path in self._files.find(self._root)
            if not path.endswith(".lock")
        }

    def edit_manifest(self, version: str, **fields: Any) -> None:
        path = f"versions/{version}/manifest.json"
        self.overwrite(path, msgspec.json.encode(msgspec.json.decode(self.read(path)) | fields))


@pytest.fixture(params=["directory", "url"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, empty_memory: None) -> Shelf:
    """A registry of each sort, empty."""
    return Shelf(str(tmp_path / "registry") if request.param == "directory" else "memory://models/registry")


@pytest.fixture
def local(tmp_path: Path) -> Shelf:
    """A registry in a directory, empty."""
    return Shelf(str(tmp_path / "registry"))


@pytest.fixture
def written(linear_model: LinearModel, drafted: Callable[..., Manifest]) -> Written:
    """Write versions, each an hour later and a minute slower than the one before; gives a version's name."""
    counted = 0

    def write(shelf: Shelf, **fields: Any) -> str:
        nonlocal counted
        model = replace(linear_model, intercept_minutes=linear_model.intercept_minutes + counted)
        created = f"2026-01-02T{counted:02}:04:05.678901Z"
        counted += 1
        return shelf.registry.write(drafted(model, **{"created": created, **fields}), model).version

    return write
