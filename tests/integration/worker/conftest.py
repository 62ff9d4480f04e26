"""Where these tests run workers: on topics of their own, with one model for all of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from tests.stream_site.site import Site
from tests.stream_site.taught import Taught, teach


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """Fitted as a notebook does, pickled, imported."""
    return teach(tmp_path_factory.mktemp("taught"))


@pytest.fixture
def site(
    kafka_servers: str, taught: Taught, tmp_path: Path, unique_name: Callable[[str], str]
) -> Iterator[Callable[..., Site]]:
    """Make the topics, and say how workers are set: ``site(WORKER_BATCH_RIDES="100")``."""
    made: list[Site] = []

    def make(*, topics: bool = True, **settings: str) -> Site:
        new = Site(kafka_servers, taught, tmp_path, unique_name("worker"), settings)
        made.append(new)
        if topics:
            new.create_topics()
        return new

    yield make
    for each in made:
        for worker in each.workers:
            worker.ended.kill()
            worker.ended.wait()
        with KafkaAdminClient(bootstrap_servers=kafka_servers) as admin:
            there = sorted(set(each.topics) & set(admin.list_topics()))
            if there:
                admin.delete_topics(there)
