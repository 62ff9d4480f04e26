"""The manifest and the ACTIVE file survive their JSON and are read strictly."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ModelCorrupt, ModelError, ModelIncompatible
from scoring.models.linear import LinearModel
from scoring.registry.active import Active, decode_active, encode_active
from scoring.registry.manifest import (
    Artefact,
    Manifest,
    Metrics,
    RideFileRecord,
    decode_manifest,
    encode_manifest,
)

Drafted = Callable[..., Manifest]


def test_a_manifest_survives_its_json(linear_model: LinearModel, drafted: Drafted) -> None:
    manifest = drafted(
        linear_model,
        version="v1",
        parameters={"alpha": 0.1, "fit_intercept": True, "max_iter": 10, "solver": "auto", "tol": None},
        training=[RideFileRecord("green_2021-01.parquet", "ab" * 32, 1_333_519, 76_518, 73_908)],
        metrics={"training": Metrics(73_908, 9.8, 6.1, 1e-17)},
        artefacts=[Artefact.of("linear.npz", b"content")],
    )
    encoded = encode_manifest(manifest)
    assert decode_manifest(encoded, "it") == manifest
    assert encode_manifest(decode_manifest(encoded, "it")) == encoded
    assert encoded.startswith(b'{\n  "format": 1,\n')
    assert len(manifest.golden) == 10


def test_an_artefact_is_described_by_size_and_sha256() -> None:
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Artefact.of("a", b"abc") == Artefact("a", 3, digest)


@given(st.binary() | st.text().map(str.encode))
def test_other_bytes_are_never_a_manifest(content: bytes) -> None:
    with pytest.raises(ModelCorrupt, match=r"^there/manifest\.json is damaged \("):
        decode_manifest(content, "there/manifest.json")


@given(st.data())
def test_a_manifest_with_any_bytes_replaced_is_read_or_refused(
    linear_model: LinearModel, drafted: Drafted, data: st.DataObject
) -> None:
    whole = encode_manifest(drafted(linear_model))
    place = data.draw(st.integers(0, len(whole)))
    content = (
        whole[:place] + data.draw(st.binary(min_size=1, max_size=3)) + whole[place + data.draw(st.integers(0, 3)) :]
    )
    try:
        found = decode_manifest(content, "it")
    except ModelError as error:
        assert type(error) in (ModelCorrupt, ModelIncompatible)  # noqa: PT017  # either may be right
    else:
        assert isinstance(found, Manifest)


@pytest.mark.parametrize("field", Manifest.__struct_fields__)
def test_every_field_of_a_manifest_is_required(field: str, linear_model: LinearModel, drafted: Drafted) -> None:
    fields = msgspec.json.decode(encode_manifest(drafted(linear_model)))
    del fields[field]
    with pytest.raises(ModelCorrupt, match=f"missing required field `{field}`"):
        decode_manifest(msgspec.json.encode(fields), "it")


def test_a_later_format_says_upgrade() -> None:
    with pytest.raises(ModelIncompatible, match=r"^it is of format 7, this release reads up to 1: upgrade ridescore$"):
        decode_manifest(b'{"format": 7}', "it")


@given(st.builds(Active, st.text(st.characters(codec="utf-8")), st.none() | st.just("v0"), st.integers(0, 2**60)))
def test_the_active_file_survives_its_json_in_one_line(active: Active) -> None:
    encoded = encode_active(active)
    assert decode_active(encoded, "it") == active
    assert encoded.index(b"\n") == len(encoded) - 1


@given(st.binary())
def test_other_bytes_are_never_an_active_file(content: bytes) -> None:
    with pytest.raises(
        ModelCorrupt, match=r"^there/ACTIVE is damaged \(.*set it anew: ridescore models activate VERSION$"
    ):
        decode_active(content, "there/ACTIVE")


def test_an_active_file_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ModelCorrupt, match="unknown field `since`"):
        decode_active(b'{"version": "v", "previous": null, "generation": 1, "since": 5}', "it")
