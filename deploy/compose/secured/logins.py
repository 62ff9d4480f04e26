"""Makes the logins of the secured stack and says what each may do; those that exist get the same again.

Runs beside the broker, on its loopback listener, which asks for no login and which nobody else reaches.
"""

import os
import sys
from collections.abc import Mapping

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from scoring.settings.settings import Settings, read_settings
from worker.clients.rights import READER_GROUP

Rights = Mapping[tuple[ResourceType, str, ACLResourcePatternType], tuple[ACLOperation, ...]]
_WHOLE, _BEGINS = ACLResourcePatternType.LITERAL, ACLResourcePatternType.PREFIXED
_READ = (ACLOperation.READ, ACLOperation.DESCRIBE)
_WRITE = (ACLOperation.WRITE, ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS)


def rights(settings: Settings) -> dict[str, Rights]:
    """What the logins `worker` and `client` may do, as docs/operations.md lists it."""
    topic, group, mine = ResourceType.TOPIC, ResourceType.GROUP, settings.worker
    return {
        "worker": {
            (topic, mine.input_topic, _WHOLE): _READ,
            (topic, mine.output_topic, _WHOLE): _WRITE,
            (topic, mine.dead_letter_topic, _WHOLE): _WRITE,
            (group, mine.group, _WHOLE): _READ,
            (ResourceType.TRANSACTIONAL_ID, f"ridescore-{mine.group}/", _BEGINS): _WRITE[:2],
        },
        "client": {
            (topic, mine.input_topic, _WHOLE): _WRITE,
            (topic, mine.output_topic, _WHOLE): _READ,
            (topic, mine.dead_letter_topic, _WHOLE): _READ,
            (group, mine.group, _WHOLE): (ACLOperation.DESCRIBE,),
            (group, READER_GROUP, _WHOLE): _READ,
        },
    }


def main() -> int:
    """Make them all; the exit code."""
    settings = read_settings()
    passwords = {user: os.environ[f"PASSWORD_OF_{user.upper()}"] for user in ("worker", "client")}
    with KafkaAdminClient(bootstrap_servers=settings.kafka.bootstrap_servers) as admin:
        failed = admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, word) for user, word in passwords.items()]
        )
        if any(failed.values()):
            sys.stderr.write(f"logins could not be made: {failed}\n")
            return 1
        admin.create_acls(
            [
                ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(*resource))
                for user, resources in rights(settings).items()
                for resource, operations in resources.items()
                for operation in operations
            ]
        )
    sys.stdout.write(f"logins: {', '.join(passwords)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
