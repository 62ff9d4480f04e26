"""What the HTTP door is to reach, and whether this run says that it did."""

import statistics
from collections.abc import Iterator

from bench.http.contestants import BARE_GRANIAN, CEILING, COURSE_NOTES, LOOKUP, OURS, SKLEARN
from bench.http.findings import Findings, median_p99_ms, median_rides_per_second
from bench.verdict import Verdict, at_least, words


def verdicts(findings: Findings) -> list[Verdict]:
    """Every target, in a fixed order."""
    return [
        *_rates(findings),
        _latency(findings),
        *_batches(findings),
        *_footprint(findings),
        _right(findings),
    ]


def best_peer(findings: Findings, kind: str) -> str | None:
    """The fastest of the peers with a kind of model; None where none was measured."""
    peers = [row for row in findings.rows if row.name.endswith(f", {kind}") and row.finished]
    return max(peers, key=lambda row: row.median_rate).name if peers else None


def _rates(findings: Findings) -> Iterator[Verdict]:
    best = best_peer(findings, SKLEARN)
    named = f" ({best})" if best else ""
    yield at_least(
        f"`POST /predict` beside the best of the peers with the same model{named}",
        20.0,
        findings.ratio(OURS, best) if best else None,
    )
    best = best_peer(findings, LOOKUP)
    if best:
        ratio = findings.ratio(OURS, best)
        yield Verdict(f"the same, the peer's model a dict look-up ({best})", "no bound", words(ratio, "{:.3g}x"), None)
    yield at_least("beside the course notes' app", 10.0, findings.ratio(OURS, COURSE_NOTES))
    yield at_least(f"beside the {BARE_GRANIAN}", 0.6, findings.ratio(OURS, BARE_GRANIAN))
    ratio = findings.ratio(OURS, CEILING)
    yield Verdict(f"beside the {CEILING}, which is no WSGI", "no bound", words(ratio, "{:.0%}"), None)


def _latency(findings: Findings) -> Verdict:
    found = findings.latencies_of(OURS)
    target = "p99 at half of the peak rate"
    if not found:
        return Verdict(target, "<= 3 ms", "not measured", None)
    p99_ms = median_p99_ms(found)
    return Verdict(target, "<= 3 ms", f"{p99_ms:.2f} ms", p99_ms <= 3 and not any(each.failed for each in found))


def _batches(findings: Findings) -> Iterator[Verdict]:
    for form, bound in (("JSON", 300_000), ("Arrow", 2_000_000)):
        found = findings.batches_of(form)
        target = f"`POST /predict/batch`, 1,000 rides, {form}"
        wanted = f">= {bound:,} rides/s"
        if not found:
            yield Verdict(target, wanted, "not measured", None)
        else:
            rate = median_rides_per_second(found)
            yield Verdict(target, wanted, f"{rate:,.0f} rides/s", rate >= bound and not any(x.wrong for x in found))


def _footprint(findings: Findings) -> Iterator[Verdict]:
    found = findings.footprints.get(OURS)
    ready, memory = "start to the first right answer, median", "memory of a worker"
    if found is None:
        yield Verdict(ready, "<= 1 s", "not measured", None)
        yield Verdict(memory, "<= 80 MB", "not measured", None)
        return
    seconds = statistics.median(found.ready_seconds)
    yield Verdict(ready, "<= 1 s", f"{seconds:.2f} s", seconds <= 1)
    yield Verdict(memory, "<= 80 MB", f"{found.worker_rss_bytes / 1e6:.0f} MB", found.worker_rss_bytes <= 80e6)


def _right(findings: Findings) -> Verdict:
    ours = [row for row in findings.rows if row.name.startswith(OURS) and row.finished]
    wrong = sum(row.not_right for row in ours)
    answers = sum(each.per_second * findings.seconds for row in ours for each in row.finished)
    measured = f"{wrong:,} wrong or failed of about {answers:,.0f}" if ours else "not measured"
    return Verdict(
        "every answer under load is the core's number, bit for bit", "always", measured, not wrong if ours else None
    )
