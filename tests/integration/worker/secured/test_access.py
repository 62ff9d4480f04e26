"""A worker whose login lacks one right ends with the name of what is denied and the right to grant, on both clients."""

from collections.abc import Callable
from typing import Any

import pytest
from kafka.admin import ACLOperation, ResourceType

from tests.secured.broker import PASSWORDS, SecuredKafka

READ, WRITE, DESCRIBE = ACLOperation.READ, ACLOperation.WRITE, ACLOperation.DESCRIBE
TOPIC, GROUP, ID = ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID

# What is taken away, the exit code, and what the error must say; names are the site's.
CASES: dict[str, tuple[tuple[ACLOperation, ...], int, tuple[str, ...]]] = {
    "group": ((READ, DESCRIBE), 5, ("grant this login READ and DESCRIBE on the group",)),
    "id": (
        (WRITE, DESCRIBE),
        5,
        ("grant this login WRITE and DESCRIBE on the transactional ids", "take over the slot"),
    ),
    "rides": ((READ,), 5, ("{rides}", "grant this login READ on the topic of WORKER_INPUT_TOPIC")),
    "predictions": ((WRITE,), 5, ("{predictions}", "WRITE on those of WORKER_OUTPUT_TOPIC")),
    "letters": ((WRITE,), 5, ("{letters}", "WRITE on those of WORKER_OUTPUT_TOPIC and WORKER_DEAD_LETTER_TOPIC")),
    "rides unseen": ((READ, DESCRIBE), 2, ("there is no topic {rides}", "grant this login DESCRIBE on it")),
}


@pytest.mark.parametrize("case", [*CASES, "nothing"])
def test_what_is_denied_is_named_with_the_right_to_grant(
    case: str, client: str, site: Callable[..., Any], secured: SecuredKafka, login: dict[str, str]
) -> None:
    bob = {"KAFKA_SASL_USERNAME": "bob", "KAFKA_SASL_PASSWORD": PASSWORDS["bob"]}
    here = site(KAFKA_CLIENT=client, WORKER_SLOT="one", **(login | bob))
    here.publish(*here.mixed(30))
    rights = {
        "group": (GROUP, here.name, (READ, DESCRIBE)),
        "id": (ID, f"ridescore-{here.name}/one", (WRITE, DESCRIBE)),
        "rides": (TOPIC, here.rides, (READ, DESCRIBE)),
        "predictions": (TOPIC, here.predictions, (WRITE, DESCRIBE)),
        "letters": (TOPIC, here.letters, (WRITE, DESCRIBE)),
    }
    lacking, code, told = CASES.get(case, ((), 0, ()))
    for name, (kind, resource, operations) in rights.items():
        left = tuple(each for each in operations if name != case.split(maxsplit=1)[0] or each not in lacking)
        secured.allow("bob", {(kind, resource): left})
    if case == "nothing":
        worker = here.worker()
        here.wait_for_all()
        assert worker.ended.poll() is None
        return
    ended = here.run("worker")
    (error,) = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    for each in told:
        assert each.format(rides=here.rides, predictions=here.predictions, letters=here.letters) in error
    assert ended.returncode == code
    assert here.committed()[0] == 0, "nothing was skipped"
