"""Kafka's jars, resolved by Maven once and kept in the user's cache folder.

The folder appears whole, by one rename, or not at all: interrupted and simultaneous resolves leave nothing half.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

from local_services.errors import WayFailed
from local_services.guarded import run_guarded
from local_services.kafka_properties import KAFKA_VERSION
from local_services.ways import Report

__all__ = ["jars_folder", "kafka_jars"]

_MAVEN_SECONDS = 900
_STALE_SECONDS = 86_400
_MAIN_JAR = f"kafka_2.13-{KAFKA_VERSION}.jar"
_STAGE_PREFIX = ".staging-"

# Kafka's pom brings log4j for its log controller only; slf4j-simple is what writes its log to standard error.
_POM = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>ridescore.local</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""


def jars_folder() -> Path:
    """Where the jars are kept: under XDG_CACHE_HOME, else ~/.cache."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG rules: a relative path there counts as unset.
    root = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    return root / "ridescore" / f"kafka-{KAFKA_VERSION}"


def kafka_jars(report: Report) -> Path:
    """The folder of Kafka's jars, resolved first where it is not there; raises WayFailed where that fails."""
    folder = jars_folder()
    if (folder / _MAIN_JAR).is_file():
        return folder
    maven = shutil.which("mvn")
    if not maven:
        raise WayFailed(
            "Kafka's jars are not in the cache and there is no mvn on PATH to resolve them",
            "install Maven (Debian, Ubuntu: apt-get install maven)",
        )
    report(f"resolving the jars of Kafka {KAFKA_VERSION} with Maven, once, about 20 s")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale_stages(folder.parent)
        stage = Path(tempfile.mkdtemp(prefix=_STAGE_PREFIX, dir=folder.parent))
    except OSError as error:
        raise WayFailed(f"the cache folder cannot be written: {error}", "set XDG_CACHE_HOME to one that can") from None
    try:
        _resolve(maven, stage)
        _move_into_place(stage / "jars", folder)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return folder


def _resolve(maven: str, stage: Path) -> None:
    pom = stage / "pom.xml"
    pom.write_text(_POM)
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom), "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={stage / 'jars'}", "-DincludeScope=runtime"]
    failure = run_guarded(command, stage / "maven.log", _MAVEN_SECONDS)
    if failure is None and not (stage / "jars" / _MAIN_JAR).is_file():
        failure = f"ended well but left no {_MAIN_JAR}"
    if failure is not None:
        raise WayFailed(
            f"Maven could not resolve Kafka's jars: it {failure}",
            "check that Maven reaches a repository (proxy or mirror: its settings.xml), then run this again",
        )


def _move_into_place(jars: Path, folder: Path) -> None:
    try:
        jars.rename(folder)
    except OSError:
        if (folder / _MAIN_JAR).is_file():
            return  # another resolve was first, and its jars are the same
        # A folder without the main jar is no resolve of ours: somebody emptied it.
        shutil.rmtree(folder, ignore_errors=True)
        jars.rename(folder)


def _remove_stale_stages(parent: Path) -> None:
    """What a resolve killed by SIGKILL left; a younger stage may still be at work."""
    for stage in parent.glob(f"{_STAGE_PREFIX}*"):
        if time.time() - stage.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(stage, ignore_errors=True)
