"""Make the peers' virtual environments: `python -m bench.stream.peers`, or `make bench-peers`."""

import sys

from bench.stream.peers.environments import PEERS, install

if __name__ == "__main__":
    failed = [peer for peer in PEERS if not install(peer)]
    if failed:
        sys.exit(f"could not install {', '.join(failed)}; python -m bench.stream --peers races the others")
