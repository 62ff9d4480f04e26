"""Says by its exit code whether the container is healthy, by the role that it was started in.

Runs every few seconds, so it imports the standard library alone (python3 -I -S) and nothing of ours.
"""

import http.client
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

_SECONDS = 3.0
_PROGRAM = "ridescore"


def probe_url(words: list[str], environment: dict[str, str]) -> str | None:
    """What to ask, by the command line of the container's first process; None where nothing answers by design."""
    programs = [place for place, word in enumerate(words) if Path(word).name == _PROGRAM]
    arguments = words[programs[-1] + 1 :] if programs else []
    match arguments[:1]:
        case ["serve"]:
            return f"http://127.0.0.1:{_option(arguments, '--port') or environment.get('PORT') or '9696'}/ready"
        case ["worker"] if environment.get("WORKER_PORT", "0") != "0":
            return f"http://127.0.0.1:{environment['WORKER_PORT']}/ready"
        case _:
            return None


def problem_of(url: str, told: str = "") -> str | None:
    """None where it answers with 200 and the answer holds `told`, else what is wrong."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{url}: {error}"
    finally:
        connection.close()
    if answer.status != 200:
        return f"{url} answers {answer.status}"
    return None if told in body else f"{url} does not tell {told}"


def _option(arguments: list[str], name: str) -> str | None:
    for place, word in enumerate(arguments):
        if word == name:
            return arguments[place + 1] if place + 1 < len(arguments) else None
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


def main(arguments: list[str]) -> int:
    """Probe the URL that is given (and what its answer must hold), else the one of this container's role."""
    words = Path("/proc/1/cmdline").read_bytes().decode(errors="replace").split("\0")
    url = arguments[0] if arguments else probe_url(words, dict(os.environ))
    problem = problem_of(url, *arguments[1:2]) if url else None
    if problem:
        sys.stderr.write(f"{problem}\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
