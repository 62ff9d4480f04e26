"""How a program tells what its work took. Runs in the peers' environments too, so it imports nothing of ridescore."""

import json


def tell(seconds: float) -> None:
    """Print it as `ridescore batch score --json` prints its report: an object over several lines."""
    print(json.dumps({"seconds": seconds}, indent=2), flush=True)
