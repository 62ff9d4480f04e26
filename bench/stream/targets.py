"""What the worker is to reach, and whether this run says that it did."""

from collections.abc import Iterator

from bench.stream.contestants import COURSE_NOTES, QUIX_LOOKUP, QUIX_SKLEARN, ceiling_name, worker_name
from bench.stream.findings import Findings
from bench.verdict import Verdict, at_least

_LATENCY_RATE = 5_000
_FLAT = 1.1  # a peak that grows by less over ten times the rides is not growth


def verdicts(findings: Findings) -> list[Verdict]:
    """Every target, in a fixed order."""
    return [*_rates(findings), *_latency(findings), *_memory(findings), _equal(findings)]


def _rates(findings: Findings) -> Iterator[Verdict]:
    bounds = {"confluent": (5.0, 0.8, 40.0), "kafka-python": (1.0, 0.95, 6.0)}
    for client, (quix, ceiling, notes) in bounds.items():
        worker = worker_name(client)
        for peer, how in ((QUIX_SKLEARN, "the same scikit-learn model"), (QUIX_LOOKUP, "its model a dict look-up")):
            yield at_least(f"{client} beside Quix Streams, {how}", quix, findings.ratio(worker, peer))
        yield at_least(f"{client} beside its own ceiling", ceiling, findings.ratio(worker, ceiling_name(client)))
        headers = findings.ratio(worker, ceiling_name(client, "headers"))
        yield at_least(f"{client} beside a pass-through that writes its headers", ceiling, headers)
        yield at_least(f"{client} beside the course notes' way", notes, findings.ratio(worker, COURSE_NOTES))


def _latency(findings: Findings) -> Iterator[Verdict]:
    name = worker_name("confluent")
    found = [each for each in findings.latencies if each.contestant == name and each.rate == _LATENCY_RATE]
    target = f"confluent, p99 from publish to committed prediction at {_LATENCY_RATE:,} rides/s"
    if not found:
        yield Verdict(target, "<= 250 ms", "not measured", None)
    for each in found:
        yield Verdict(target, "<= 250 ms", f"{each.p99_ms:.0f} ms", each.p99_ms <= 250 and not each.missing)


def _memory(findings: Findings) -> Iterator[Verdict]:
    for name in dict.fromkeys(each.contestant for each in findings.memory):
        steps = [each for each in findings.memory if each.contestant == name]
        grown = steps[-1].peak_bytes / steps[0].peak_bytes
        yield Verdict(
            f"{name}: memory from {steps[0].rides:,} to {steps[-1].rides:,} rides",
            "flat",
            f"{steps[0].peak_bytes / 1e6:.0f} to {steps[-1].peak_bytes / 1e6:.0f} MB",
            grown <= _FLAT,
        )


def _equal(findings: Findings) -> Verdict:
    ours = [row for row in findings.rows if row.name.startswith("ridescore") and row.finished]
    runs, unequal = sum(len(row.finished) for row in ours), sum(row.unequal for row in ours)
    return Verdict(
        "predictions committed equal rides committed, in every run of the worker",
        "always",
        f"{runs - unequal} of {runs} runs",
        unequal == 0 if runs else None,
    )
