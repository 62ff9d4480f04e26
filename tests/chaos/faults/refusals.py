"""Dead letters cannot be written: the worker must stop with nothing skipped, and go on once that is mended."""

from typing import Any

from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

from tests.chaos.fault import Fault
from tests.chaos.places import authorizing_broker
from tests.chaos.site import Site

_REFUSED = 5
_PATIENCE_SECONDS = 60.0


def _must_stop(site: Site) -> None:
    """The worker, and its successors, end with 5, and no ride that must become a dead letter has been passed."""
    site.crew.stops_on.add(_REFUSED)
    post = site.crew.hire("worker")
    for number in range(3 if site.full else 2):
        if number:
            site.crew.succeed(post.name)
        site.patience.until(lambda: not post.worker.runs, _PATIENCE_SECONDS, "the worker's stop")
        code = post.worker.exit_code
        site.evidence.note(f"stops with {code}")
        site.evidence.require(code == _REFUSED, f"the worker ended with {code}, not {_REFUSED}")
    for partition, offset in site.view.group_offsets(site.group, site.input).items():
        passed = [
            source.offset
            for source, ride in site.publisher.published.items()
            if source.partition == partition and ride.reason and source.offset < offset
        ]
        site.evidence.require(not passed, f"committed past dead letters of partition {partition}: {passed[:5]}")
    read = len(site.view.read(site.dead_letters, committed=True))
    site.evidence.require(read == 0, f"{read} dead letters were written to a topic that takes none")


def _too_small(site: Site) -> None:
    _must_stop(site)
    site.view.configure_topic(site.dead_letters, max_message_bytes=str(2 << 20))


def _denied(site: Site) -> None:
    rules = [
        _rule(site, ACLOperation.ALL, ACLPermissionType.ALLOW),
        _rule(site, ACLOperation.WRITE, ACLPermissionType.DENY),
    ]
    site.view.ask(lambda admin: admin.create_acls(rules))
    _must_stop(site)
    site.view.ask(lambda admin: admin.delete_acls(rules))


def _rule(site: Site, operation: ACLOperation, permission: ACLPermissionType) -> Any:
    pattern = ResourcePattern(ResourceType.TOPIC, site.dead_letters)
    return ACL("User:ANONYMOUS", "*", operation, permission, pattern)


FAULTS = (
    Fault(
        "dead-letters-too-small",
        "the dead letters topic takes no record of that size, until it is mended",
        _too_small,
        dead_letters={"max.message.bytes": "100"},
        exits=frozenset({_REFUSED}),
        aborts=False,
    ),
    Fault(
        "dead-letters-denied",
        "the broker denies writing to the dead letters topic, until it is mended",
        _denied,
        place=authorizing_broker,
        exits=frozenset({_REFUSED}),
        aborts=False,
    ),
)
