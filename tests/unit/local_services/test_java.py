"""Java is found, and refused where it is too old for Kafka."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local_services.errors import WayFailed
from local_services.java import find_java

Command = Callable[[str, str], Path]


@pytest.mark.parametrize("version", ["17.0.15", "21", "25-ea"])
def test_a_java_new_enough_is_taken(command: Command, version: str) -> None:
    java = command("java", f"""echo 'openjdk version "{version}"' >&2""")
    assert find_java() == java


@pytest.mark.parametrize(("version", "named"), [("1.8.0_392", "Java 8"), ("11.0.2", "Java 11")])
def test_an_old_java_is_named_with_what_to_install(command: Command, version: str, named: str) -> None:
    command("java", f"""echo 'openjdk version "{version}"' >&2""")
    with pytest.raises(WayFailed, match=f"{named}; install a Java runtime of version 17"):
        find_java()


def test_no_java_and_a_java_that_says_nothing_are_told_apart(command: Command) -> None:
    with pytest.raises(WayFailed, match="no java on PATH"):
        find_java()
    command("java", "exit 1")
    with pytest.raises(WayFailed, match="gave no version"):
        find_java()


def test_java_home_wins_over_path(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command("java", "exit 1")
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    java.write_text("""#!/bin/sh\necho 'openjdk version "21"' >&2\n""")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert find_java() == java
