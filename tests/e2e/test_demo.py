"""`make demo` where an engine answers: in containers of its own, which are gone at its end."""

from tests.e2e.conftest import Figures
from tests.e2e.engine import clean_environment, run


def test_the_demo_runs_in_containers_shows_what_it_shows_elsewhere_and_leaves_none(
    image: str, figures: Figures
) -> None:
    environment = clean_environment()
    environment.pop("RIDESCORE_SERVICES", None)
    # What `make demo` tries first; where it gives up the exit code is 75.
    out = run("sh", "deploy/compose/demo.sh", environment=environment)
    for shown in ("Predictions beside what the rides took", "2,003", "2,000", "1 undecodable, 2 invalid-ride", "lost"):
        assert shown in out
    left = run("docker", "container", "ls", "--all", "--filter", "name=ridescore-demo-", "--format", "{{.Names}}")
    assert left == ""
    figures.add("the demo in containers: 2,003 rides published, 2,000 predictions, 3 dead letters")
