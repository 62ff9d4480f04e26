"""Topics are made once, counted, and deleted."""

import time
from collections.abc import Callable

import pytest

from scoring.errors import BrokerError
from worker.clients.client import Client, TopicPlan


def test_creating_tells_what_was_made_and_what_existed(
    open_client: Callable[..., Client], unique_name: Callable[[str], str]
) -> None:
    client = open_client("none", "none")
    one, other = unique_name("topic"), unique_name("topic")
    try:
        assert client.create_topics([TopicPlan(one, 2, 1, {})]) == {one: True}
        assert client.create_topics([TopicPlan(one, 5, 1, {}), TopicPlan(other, 3, 1, {})]) == {one: False, other: True}
        assert client.partition_counts([one, other]) == {one: 2, other: 3}, "what existed stays as it was"
    finally:
        client.delete_topics([one, other])


def test_counting_leaves_out_topics_that_are_not_there(
    open_client: Callable[..., Client], new_topic: Callable[..., str], unique_name: Callable[[str], str]
) -> None:
    client, topic = open_client("none", "none"), new_topic(3)
    assert client.partition_counts([topic, unique_name("nowhere")]) == {topic: 3}
    assert client.partition_counts([unique_name("nowhere")]) == {}
    assert client.partition_counts([]) == {}


def test_deleting_removes_topics_and_passes_over_those_that_are_not_there(
    open_client: Callable[..., Client], new_topic: Callable[..., str], unique_name: Callable[[str], str]
) -> None:
    client, topic, kept = open_client("none", "none"), new_topic(1), new_topic(1)
    client.delete_topics([topic, unique_name("nowhere")])
    deadline = time.monotonic() + 10
    while topic in client.partition_counts([topic]):  # a broker deletes in its own time
        assert time.monotonic() < deadline, f"{topic} was not deleted"
    assert client.partition_counts([kept]) == {kept: 1}
    client.delete_topics([])


def test_more_copies_than_brokers_are_refused_with_what_to_do(
    open_client: Callable[..., Client], unique_name: Callable[[str], str]
) -> None:
    client, topic = open_client("none", "none"), unique_name("copies")
    with pytest.raises(BrokerError) as refused:
        client.create_topics([TopicPlan(topic, 1, 100, {})])
    assert str(refused.value) == (
        f"cannot make the topic {topic} with 100 copies: there are fewer brokers; ask for fewer by --replication, "
        "or start more brokers"
    )
    assert client.partition_counts([topic]) == {}
