"""What is committed is looked at again: missing, cut, changed, and no parquet under a digest that it should have."""

import hashlib
from pathlib import Path

import msgspec

from batch.output import open_output
from batch.plan import Plan
from batch.reader import prediction_paths
from batch.verify import verify

from .conftest import ScoreFiles


def test_verify_names_what_is_wrong(planned: Plan, score_files: ScoreFiles, output: str) -> None:
    score_files(*planned.sources)
    place = open_output(output)
    assert [each.problem for each in verify(place)] == [None] * 9
    missing, shorter, other, fewer = (Path(path) for path in prediction_paths(output)[:4])
    missing.unlink()
    shorter.write_bytes(shorter.read_bytes()[:-1])
    content = bytearray(other.read_bytes())
    content[50] ^= 1
    other.write_bytes(content)
    problems = {Path(each.name).name: each.problem for each in verify(place)}
    assert problems[missing.name] == "is missing"
    assert "bytes, its manifest says" in str(problems[shorter.name])
    assert "has changed: its sha256 begins" in str(problems[other.name])
    assert problems[fewer.name] is None
    (manifest,) = Path(output, "manifests").iterdir()
    manifest.write_text(manifest.read_text().replace('"rows_in": 2500', '"rows_in": 2501', 1))
    assert any("2,501 rows in" in str(each.problem) for each in verify(place))


def test_verify_opens_what_has_the_digest_that_it_should(planned: Plan, score_files: ScoreFiles, output: str) -> None:
    """A manifest may be of a file that never was one; what is not looked into is not verified."""
    report = score_files(*planned.sources)
    path = Path(output, "manifests", f"{report.manifest_id}.json")
    manifest = msgspec.json.decode(path.read_bytes())
    no_parquet, more_rows, *_others = manifest["files"][0]["predictions"]
    content = b"no parquet"
    Path(output, no_parquet["name"]).write_bytes(content)
    no_parquet |= {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    more_rows["rows"] += 1
    path.write_bytes(msgspec.json.encode(manifest))
    problems = {each.name: each.problem or "" for each in verify(open_output(output))}
    assert problems[no_parquet["name"]].startswith("cannot be read: ")
    assert problems[more_rows["name"]] == "has 1,000 rows, its manifest says 1,001"
