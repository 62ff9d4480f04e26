"""The cache of Kafka's jars appears whole or not at all, whoever interrupts or races."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local_services.errors import WayFailed
from local_services.guarded import Guarded
from local_services.kafka_jars import jars_folder, kafka_jars

Command = Callable[[str, str], Path]

MAIN = "kafka_2.13-4.1.1.jar"
# What Maven does, as far as we see it: puts jars where -DoutputDirectory says.
OUT = 'for a in "$@"; do case "$a" in -DoutputDirectory=*) out="${a#*=}";; esac; done; mkdir -p "$out"'
RESOLVES = f'{OUT}; echo jar >"$out/other.jar"; echo jar >"$out/{MAIN}"'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "ridescore").iterdir())


def test_the_jars_are_resolved_once_and_then_found(command: Command, cache: Path) -> None:
    maven = command("mvn", RESOLVES)
    said: list[str] = []
    folder = kafka_jars(said.append)
    assert folder == cache / "ridescore" / "kafka-4.1.1"
    assert sorted(path.name for path in folder.iterdir()) == [MAIN, "other.jar"]
    assert left_in(cache) == ["kafka-4.1.1"]
    assert len(said) == 1
    assert "Maven" in said[0]
    maven.unlink()
    assert kafka_jars(said.append) == folder
    assert len(said) == 1


def test_a_failed_resolve_quotes_maven_and_leaves_nothing(command: Command, cache: Path) -> None:
    command("mvn", f'{RESOLVES}; echo "no route to the repository"; exit 1')
    with pytest.raises(WayFailed, match="no route to the repository"):
        kafka_jars(lambda line: None)
    assert left_in(cache) == []


def test_a_resolve_without_the_main_jar_is_a_failure(command: Command, cache: Path) -> None:
    command("mvn", f'{OUT}; echo jar >"$out/other.jar"')
    with pytest.raises(WayFailed, match="left no kafka"):
        kafka_jars(lambda line: None)
    assert left_in(cache) == []


def test_an_interrupted_resolve_leaves_nothing(
    command: Command, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command("mvn", f'{RESOLVES}; echo $$ >"{tmp_path}/pid"; exec sleep 60')

    class Interrupted(Guarded):
        def wait(self, seconds: float) -> int | None:
            if seconds > 100:
                wait_for(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text().strip())
                raise KeyboardInterrupt
            return super().wait(seconds)

    monkeypatch.setattr("local_services.guarded.Guarded", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        kafka_jars(lambda line: None)
    assert left_in(cache) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_of_two_resolves_at_once_the_first_to_finish_stays(command: Command, cache: Path) -> None:
    first = cache / "ridescore" / "kafka-4.1.1"
    # While this resolve runs, another one ends.
    command("mvn", f'{RESOLVES}; mkdir -p "{first}"; echo first >"{first}/{MAIN}"')
    folder = kafka_jars(lambda line: None)
    assert (folder / MAIN).read_text() == "first\n"
    assert left_in(cache) == ["kafka-4.1.1"]


def test_a_folder_that_somebody_emptied_is_resolved_again(command: Command, cache: Path) -> None:
    (jars_folder() / "rest").mkdir(parents=True)
    command("mvn", RESOLVES)
    assert (kafka_jars(lambda line: None) / MAIN).is_file()
    assert left_in(cache) == ["kafka-4.1.1"]


def test_only_stages_a_day_old_are_removed(command: Command, cache: Path) -> None:
    old, young = cache / "ridescore" / ".staging-old", cache / "ridescore" / ".staging-young"
    for stage in (old, young):
        stage.mkdir(parents=True)
    os.utime(old, (time.time() - 90_000,) * 2)
    command("mvn", RESOLVES)
    kafka_jars(lambda line: None)
    assert left_in(cache) == [".staging-young", "kafka-4.1.1"]


def test_without_maven_the_error_says_what_to_install(command: Command) -> None:
    with pytest.raises(WayFailed, match=r"no mvn on PATH.*install Maven"):
        kafka_jars(lambda line: None)


def test_a_cache_that_cannot_be_written_is_named(command: Command, cache: Path) -> None:
    cache.write_text("a file, not a folder")
    command("mvn", RESOLVES)
    with pytest.raises(WayFailed, match="set XDG_CACHE_HOME"):
        kafka_jars(lambda line: None)


@pytest.mark.parametrize("unset", ["", "relative/cache"])
def test_without_an_absolute_xdg_folder_the_home_cache_is_used(monkeypatch: pytest.MonkeyPatch, unset: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", unset)
    assert jars_folder() == Path.home() / ".cache" / "ridescore" / "kafka-4.1.1"


def wait_for(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
