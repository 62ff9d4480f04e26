"""Make the peers' virtual environments: `python -m bench.batch.peers`, or `make bench-peers`."""

import sys

from bench.batch.peers.environments import ENVIRONMENTS

if __name__ == "__main__":
    failed = [peer for peer in ENVIRONMENTS.packages if not ENVIRONMENTS.install(peer)]
    if failed:
        sys.exit(f"could not install {', '.join(failed)}; python -m bench.batch --peers measures the others")
