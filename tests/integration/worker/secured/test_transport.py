"""Every command and the worker over TLS, mutual TLS and logins, on both clients; no secret is written anywhere."""

import json
from collections.abc import Callable
from signal import SIGTERM
from typing import Any

import pytest

from tests.secured.broker import PASSWORDS
from tests.secured.certificates import KEY_PASSWORD
from tests.stream_site.checking import check

WAYS = {
    "tls": ("tls", {}),
    "mutual-tls": ("mutual", {}),
    **{
        f"{name}-{mechanism}": (name, {"KAFKA_SASL_MECHANISM": mechanism})
        for name in ("login", "tls_login")
        for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_the_whole_way_of_a_ride(
    way: str, client: str, site: Callable[..., Any], request: pytest.FixtureRequest
) -> None:
    name, more = WAYS[way]
    here = site(topics=False, KAFKA_CLIENT=client, LOG_LEVEL="DEBUG", **(request.getfixturevalue(name) | more))
    made = here.run("topics", "create", "--partitions", "3", "--json")
    assert (made.returncode, made.stderr) == (0, "")
    assert json.loads(made.stdout) == dict.fromkeys(here.topics, True)

    lines = [json.dumps({"PULocationID": 7, "DOLocationID": zone, "trip_distance": 1.5}) for zone in range(1, 21)]
    (here.folder / "rides.jsonl").write_text("\n".join([*lines, '{"PULocationID": 999}']))
    published = here.run("publish", str(here.folder / "rides.jsonl"))
    assert published.returncode == 0, published.stderr

    worker = here.worker()
    tail = here.run("tail", "--from-beginning", "--limit", "20", "--json")
    assert tail.returncode == 0, tail.stderr
    assert len({json.loads(line)["ride_id"] for line in tail.stdout.splitlines()}) == 20
    here.wait_for_all()
    lag = here.run("lag", "--json")
    assert lag.returncode == 0, lag.stderr
    assert json.loads(lag.stdout)["lag"] == 0
    assert sum(each["committed"] for each in json.loads(lag.stdout)["partitions"]) == 21
    assert worker.stop(SIGTERM) == 0
    assert check(here).total() == 21

    told = "".join(each.stdout + each.stderr for each in (made, published, tail, lag)) + worker.log.read_text()
    for secret in (*PASSWORDS.values(), KEY_PASSWORD):
        assert secret not in told
