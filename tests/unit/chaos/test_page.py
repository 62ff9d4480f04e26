"""docs/faults.md says what a run found, the bad included."""

from tests.chaos.checker import Judgement
from tests.chaos.outcome import Outcome
from tests.chaos.page import page_of


def test_the_page_has_every_run_with_its_counts_and_what_is_bad() -> None:
    good = Outcome(
        "kill-at-random", "confluent", judgement=Judgement(rides=1_200), recovery_seconds=1.25, evidence="kills 8"
    )
    bad = Outcome(
        "poison", "kafka-python", judgement=Judgement(rides=1_200, lost=2, duplicated=1), problems=["it hung\nx"]
    )
    page = page_of([good, bad, Outcome("disk-full", "confluent", skipped="no tmpfs")], "python -m tests.chaos", 600)
    assert "| kill-at-random | confluent | 1,200 | 0 | 0 | 0 | 0 | 1.2 | good |" in page
    assert "| poison | kafka-python | 1,200 | 2 | 1 | 0 | 0 | - | BAD |" in page
    assert "| disk-full | confluent | - | - | - | - | - | - | skipped |" in page
    assert "3 runs, 1 bad, 1 skipped; of 2,400 rides 2 were lost, 1 duplicated, 0 misordered" in page
    assert "- poison on kafka-python: it hung" in page
    assert "- **disk-full**: " in page
    assert "`python -m tests.chaos` in 10 minutes" in page
