"""All faults, in the order of the table."""

from tests.chaos.fault import Fault
from tests.chaos.faults import brokers, disks, groups, kills, networks, pauses, records, refusals

ALL_FAULTS: tuple[Fault, ...] = (
    *kills.FAULTS,
    *pauses.FAULTS,
    *groups.FAULTS,
    *brokers.FAULTS,
    *networks.FAULTS,
    *records.FAULTS,
    *refusals.FAULTS,
    *disks.FAULTS,
)
