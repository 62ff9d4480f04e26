"""What confluent-kafka gives of records that it cannot parse is not enough: no header of one whose header has a name
that is not UTF-8, and an error in place of a batch whose checksum is wrong. Both are looked at again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from worker.clients.client import Partition, Place, Record
from worker.clients.second_look.compression import CodecMissing
from worker.clients.second_look.record import SeenRecord
from worker.clients.second_look.second_look import SecondLook


@dataclass
class Mended:
    """A poll's records, mended.

    Attributes:
        records: by partition, in offset order.
        faults: what is wrong with some of them.
        onwards: where to read on in partitions whose later records were left out.
    """

    records: dict[Partition, Sequence[Record]]
    faults: dict[Place, str] = field(default_factory=dict)
    onwards: dict[Partition, int] = field(default_factory=dict)

    def mend_batches(
        self, broken: Collection[Partition], look: SecondLook, position: Callable[[Partition], int], most: int
    ) -> None:
        """Read what stands at the position of partitions that librdkafka has lost its way in; the rest is read again.

        After a wrong checksum it takes the inside of the batch for other batches: the offsets that it tells and goes on
        from may be anything, so that none of them is heeded.

        Args:
            broken: those partitions.
            look: reads them.
            position: of a partition before the poll.
            most: records of the poll; a batch whose checksum is wrong is given whole all the same.
        """
        for partition in broken:
            self.records.pop(partition, None)
        for partition in broken:
            self.onwards[partition] = position(partition)
            others = sum(map(len, self.records.values()))
            seen = look.at(partition, self.onwards[partition]).first(max(1, most - others))
            self.onwards[partition] = seen.next_offset
            self.faults |= seen.faults
            if seen.records:
                self.records[partition] = seen.records

    def mend_headers(self, headless: Collection[Place], look: SecondLook) -> None:
        """Give records their headers back, as far as these can be read."""
        found: dict[Place, SeenRecord] = {}
        wanted: dict[Partition, set[int]] = {}
        for place in headless:
            wanted.setdefault(Partition(place.topic, place.partition), set()).add(place.offset)
        for partition, offsets in wanted.items():
            if partition in self.onwards:  # it has been read anew, headers and all
                continue
            for offset in sorted(offsets):
                if Place(*partition, offset) not in found:
                    found |= _seen(look, partition, offset)
            part = self.records.get(partition, ())
            self.records[partition] = [
                self._whole(record, found) if record.offset in offsets else record for record in part
            ]

    def _whole(self, record: Record, found: Mapping[Place, SeenRecord]) -> Record:
        place = Place(record.topic, record.partition, record.offset)
        whole = found.get(place)
        fault = "a header name is not UTF-8, and its headers could not be had" if whole is None else whole.fault
        if fault:
            self.faults[place] = fault
        return record if whole is None else whole


def _seen(look: SecondLook, partition: Partition, offset: int) -> dict[Place, SeenRecord]:
    try:
        records = look.at(partition, offset).records
    except CodecMissing:  # librdkafka has opened it, so that key and value are known
        return {}
    return {Place(each.topic, each.partition, each.offset): each for each in records}
