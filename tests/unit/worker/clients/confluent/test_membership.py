"""The membership is read from the bytes that the installed confluent-kafka really gives."""

import sys

from confluent_kafka import Consumer

from worker.clients.client import Membership
from worker.clients.confluent.membership import no_member, read_membership


def test_the_installed_librdkafka_gives_the_form_that_is_read() -> None:
    consumer = Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "my group", "log_level": 0})
    token = consumer.consumer_group_metadata()
    consumer.close()
    membership = read_membership("my group", token, rebalances=5)
    assert (membership.generation, membership.member, membership.instance) == (-1, "", None)
    assert membership.token is token
    assert not membership.joined


def test_generation_member_and_static_name_are_read() -> None:
    token = b"CGMDv2:" + (70_000).to_bytes(4, sys.byteorder) + b"group\0member-1\0\x00static\0"
    assert read_membership("group", token, 1) == Membership("group", 70_000, "member-1", "static")


def test_a_form_that_is_not_known_falls_back_to_counting() -> None:
    first, second = read_membership("group", b"CGMDv9:?", 1), read_membership("group", b"CGMDv9:?", 2)
    assert first.joined
    assert first != second, "a rebalance is seen"
    assert not read_membership("group", b"CGMDv9:?", 0).joined


def test_the_token_is_no_part_of_who_a_member_is() -> None:
    assert Membership("g", 1, "m", token=b"1") == Membership("g", 1, "m", token=b"2")
    assert "token" not in repr(Membership("g", 1, "m", token=b"1"))


def test_nobody_can_commit() -> None:
    assert not no_member("group").joined
