"""The commands around the worker: topics, publish, tail, dead-letters."""

import json
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.fixture
def scored(site: Callable[..., Any]) -> Any:
    """Topics with two hundred rides that a worker has scored."""
    here = site()
    here.publish(*here.mixed(200))
    worker = here.worker()
    here.wait_for_all()
    assert worker.stop(SIGTERM) == 0
    return here


def test_topics_are_made_once(site: Callable[..., Any]) -> None:
    here = site(topics=False)
    first = here.run("topics", "create", "--partitions", "3", "--json")
    assert (first.returncode, json.loads(first.stdout)) == (0, dict.fromkeys(here.topics, True))
    second = here.run("topics", "create", "--partitions", "9")
    assert second.returncode == 0
    assert second.stdout.splitlines() == [f"{topic}: exists" for topic in here.topics]


def test_tail_shows_predictions_and_stops_at_its_limit(scored: Any) -> None:
    ended = scored.run("tail", "--json", "--from-beginning", "--limit", "7")
    assert ended.returncode == 0
    shown = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(shown) == 7
    committed = {
        json.loads(record.value)["ride_id"]: json.loads(record.value) for record in scored.read(scored.predictions)
    }
    assert [committed[each["ride_id"]] for each in shown] == shown


def test_tail_to_the_end_shows_all_of_them_and_ends(scored: Any) -> None:
    ended = scored.run("tail", "--json", "--from-beginning", "--no-follow")
    assert ended.returncode == 0
    assert len({json.loads(line)["ride_id"] for line in ended.stdout.splitlines()}) == 180


def test_dead_letters_are_listed_with_their_reasons(scored: Any) -> None:
    ended = scored.run("dead-letters", "list", "--json")
    assert ended.returncode == 0
    listed = [json.loads(line) for line in ended.stdout.splitlines()]
    expected = {
        "-".join(map(str, (ride.topic, ride.partition, ride.offset))): dict(ride.headers)["kind"].decode()
        for ride in scored.read(scored.rides)
    }
    assert {each["source"]: each["reason"] for each in listed} == {
        source: kind for source, kind in expected.items() if kind != "valid"
    }
    assert len(listed) == 20
    only = scored.run("dead-letters", "list", "--json", "--reason", "tombstone")
    assert only.returncode == 0, only.stderr
    assert [json.loads(line)["reason"] for line in only.stdout.splitlines()] == ["tombstone"] * 2


def test_publishing_to_a_topic_that_is_not_there_says_so(site: Callable[..., Any]) -> None:
    here = site(topics=False)
    (here.folder / "rides.jsonl").write_text("{}\n")
    ended = here.run("publish", str(here.folder / "rides.jsonl"))
    assert ended.returncode == 5
    assert f"there is no topic {here.rides}; make it: ridescore topics create" in ended.stderr


def test_publishing_counts_and_limits(site: Callable[..., Any]) -> None:
    here = site()
    lines = [f'{{"ride_id": "r{number}", "PULocationID": 7}}' for number in range(30)]
    (here.folder / "rides.jsonl").write_text("\n".join(lines))
    ended = here.run("publish", str(here.folder / "rides.jsonl"), "--limit", "12", "--rate", "1000", "--json")
    assert (ended.returncode, json.loads(ended.stdout)) == (0, {"topic": here.rides, "published": 12})
    records = here.read(here.rides)
    assert {record.key: record.value for record in records} == {
        f"r{number}".encode(): lines[number].encode() for number in range(12)
    }
    assert len(records) == 12


def test_lag_tells_what_is_left_and_what_is_done(scored: Any) -> None:
    scored.publish(*scored.mixed(30, seed=2))
    ended = scored.run("lag", "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["topic"], told["group"], told["lag"]) == (scored.rides, scored.name, 30)
    assert sum(each["committed"] for each in told["partitions"]) == 200
    assert scored.run("lag", WORKER_INPUT_TOPIC="nowhere").returncode == 5


def test_a_dead_letter_is_shown_whole_and_exported(scored: Any) -> None:
    first = json.loads(scored.run("dead-letters", "list", "--json", "--limit", "1").stdout)
    shown = scored.run("dead-letters", "show", first["place"], "--json")
    assert shown.returncode == 0, shown.stderr
    letter = json.loads(shown.stdout)
    assert letter["reason"] == first["reason"]
    assert scored.run("dead-letters", "show", "nowhere-0-1").returncode == 2
    file = scored.folder / "letters.jsonl"
    exported = scored.run("dead-letters", "export", str(file), "--reason", "tombstone")
    assert exported.returncode == 0, exported.stderr
    assert [json.loads(line)["reason"] for line in file.read_text().splitlines()] == ["tombstone"] * 2


def test_too_large_a_share_of_dead_letters_stops_the_worker_without_a_commit(site: Callable[..., Any]) -> None:
    here = site(WORKER_DEAD_LETTER_LIMIT="0.05", WORKER_DEAD_LETTER_WINDOW_RIDES="200")
    here.publish(*here.mixed(300))
    ended = here.run("worker")
    assert ended.returncode == 4
    assert "error: " in ended.stderr
    assert "WORKER_DEAD_LETTER_LIMIT" in ended.stderr
    assert len(here.read(here.letters)) <= 0.05 * len(here.read(here.rides))


def test_dead_letters_are_exported_whole_or_told(scored: Any) -> None:
    ended = scored.run("dead-letters", "export", "/dev/full")
    assert (ended.returncode, ended.stderr.count("\n")) == (9, 1)
    assert "cannot write /dev/full: No space left on device" in ended.stderr
    assert Path("/dev/full").is_char_device(), "a device is written into, and not replaced by a file"
    absent = scored.run("dead-letters", "export", str(scored.folder / "absent" / "letters.jsonl"))
    assert absent.returncode == 9
    assert "No such file or directory" in absent.stderr
    folder = scored.folder / "folder"
    folder.mkdir()
    assert scored.run("dead-letters", "export", str(folder)).returncode == 9
    link, file = scored.folder / "link.jsonl", scored.folder / "file.jsonl"
    file.write_text("before")
    link.symlink_to(file)
    assert scored.run("dead-letters", "export", str(link)).returncode == 0
    assert link.is_symlink()
    assert len(file.read_text().splitlines()) == 20
    assert len(scored.run("dead-letters", "export", "-").stdout.splitlines()) == 20
    assert not list(scored.folder.glob(".unfinished-*"))


def test_a_file_that_is_damaged_further_in_is_published_up_to_there_and_that_is_told(site: Callable[..., Any]) -> None:
    here = site()
    rides = pa.table({"PULocationID": [43] * 500, "DOLocationID": [151] * 500, "trip_distance": [1.5] * 500})
    file = here.folder / "rides.parquet"
    with pq.ParquetWriter(file, rides.schema, compression="none", use_dictionary=False) as writer:
        for _ in range(300):
            writer.write_table(rides)
    content = bytearray(file.read_bytes())
    damaged = pq.ParquetFile(file).metadata.row_group(299).column(0).data_page_offset
    content[damaged : damaged + 40] = b"\xff" * 40
    file.write_bytes(content)
    ended = here.run("publish", str(file))
    assert ended.returncode == 4
    assert "is damaged after row 131072" in ended.stderr
    assert f"published 131,072 rides to {here.rides} before what is wrong" in ended.stderr
    assert len(here.read(here.rides)) == 131_072
