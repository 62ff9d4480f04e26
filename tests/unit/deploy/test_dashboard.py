"""Dashboard and alerts are held to the code: every metric that they ask for is one of ours, by its exposed name."""

import json
import re
from pathlib import Path

import yaml
from prometheus_client import CollectorRegistry

from scoring.metrics import Metrics

ROOT = Path(__file__).parents[3]
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboards/ridescore.json").read_text(encoding="utf-8"))
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text(encoding="utf-8"))


def exposed_names() -> set[str]:
    registry = CollectorRegistry()
    Metrics(registry)
    names = set()
    for family in registry.collect():
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        names |= {family.name + ending for ending in endings}
    return names


def asked(expressions: list[str]) -> set[str]:
    return {name for each in expressions for name in re.findall(r"ridescore_\w+", each)}


def queries() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]


def test_every_query_asks_for_metrics_that_there_are() -> None:
    rules = [rule["expr"] for group in RULES["groups"] for rule in group["rules"]]
    assert asked(queries()) <= exposed_names()
    assert asked(rules) <= exposed_names()
    assert len(rules) >= 8


def test_the_dashboard_shows_every_metric() -> None:
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in exposed_names()}
    shown = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in asked(queries())}
    assert families - shown == set()


def test_panels_do_not_overlap_and_name_the_provisioned_source() -> None:
    (source,) = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    places = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & places, panel["title"]
        places |= cells
        for target in panel.get("targets", ()):
            assert target["datasource"]["uid"] == source["uid"]
