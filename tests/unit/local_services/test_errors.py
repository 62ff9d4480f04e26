"""Errors survive a trip between processes, as pytest-xdist and process pools send them."""

import pickle

from local_services.errors import AddressUnanswered, ServiceUnavailable, WayFailed


def test_errors_can_be_pickled() -> None:
    error = ServiceUnavailable("Kafka", [("docker", WayFailed("no engine", "start one"))])
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.tried[0][1].remedy == "start one"
    unanswered = pickle.loads(pickle.dumps(AddressUnanswered("silent", "mend it")))
    assert type(unanswered) is AddressUnanswered
