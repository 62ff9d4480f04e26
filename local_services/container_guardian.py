"""Removes a container when we die without doing it, even by SIGKILL: an engine does not know whose its containers are.

Run as a script, never imported by the package; started before the container is, so it goes by the container's name.
Called as: PARENT_PID CONTAINER_NAME
"""

import contextlib
import os
import sys
import time

POLL_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """Wait for the parent's end, then remove the container; killed by the parent where it did so itself."""
    parent, name = int(arguments[0]), arguments[1]
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    # Only now: it takes memory, and most guardians are killed unused.
    import docker

    client = docker.from_env()
    with contextlib.suppress(docker.errors.NotFound):
        client.containers.get(name).remove(force=True, v=True)
    client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
