"""README and the operations page are held to the code; links between pages lead somewhere; every decision is listed."""

import ast
import re
from pathlib import Path

import click
import pytest

from cli.exit_codes import ExitCode
from cli.main import ridescore
from scoring.settings.settings import GROUPS, environment_name, read_settings, settings_in_force

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def settings_table() -> str:
    """The table as README must have it."""
    rows = [
        f"| `{row.name}` | {f'`{row.default}`' if row.default else ''} | {row.meaning} |"
        for row in settings_in_force(read_settings())
    ]
    return "\n".join(["| name | default | meaning |", "|---|---|---|", *rows])


def test_readme_lists_every_setting_with_its_default_and_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    for group in GROUPS:
        for field in group.model_fields:
            monkeypatch.delenv(environment_name(group, field), raising=False)
    found = re.search(r"<!-- settings -->\n(.*)\n<!-- /settings -->", README, re.DOTALL)
    assert found is not None
    assert found[1] == settings_table()


def test_every_command_has_an_example_in_its_help() -> None:
    without = []

    def look(command: click.Command, name: str) -> None:
        if isinstance(command, click.Group):
            for word, each in command.commands.items():
                look(each, f"{name} {word}")
        elif "Example" not in (command.help or ""):
            without.append(name)

    look(ridescore, "ridescore")
    assert without == []


def test_operations_page_lists_every_exit_code() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", OPERATIONS, re.MULTILINE)}
    assert listed == set(ExitCode)


def test_operations_page_lists_every_metric() -> None:
    from prometheus_client import CollectorRegistry

    from scoring.metrics import Metrics

    metrics = Metrics(CollectorRegistry())
    names = {
        collector._name + ("_total" if collector._type == "counter" else "")
        for collector in vars(metrics).values()
        if hasattr(collector, "_name")
    }
    listed = set(re.findall(r"^\| `(ridescore_\w+)", OPERATIONS, re.MULTILINE))
    assert names <= listed, names - listed
    assert listed <= names, listed - names


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_links_between_pages_lead_somewhere() -> None:
    pages = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *ROOT.glob("examples/*.md"),
        *ROOT.glob("tests/**/*.md"),
    ]
    for page in pages:
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if link.startswith("http"):
                continue
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), f"{page.name}: {link}"
            assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "adr"
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\1-[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [name for _number, name in listed] == sorted(path.name for path in folder.glob("0*.md"))


def logged_events() -> set[str]:
    """Every event that the code logs at info or above; debug lines are for its authors."""
    levels = {"info", "warning", "error", "exception", "critical"}
    found = set()
    for folder in ("api", "batch", "cli", "flows", "scoring", "training", "worker"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(ast.Attribute(ast.Name("log"), level), [ast.Constant(str(event)), *_]):
                        if level in levels:
                            found.add(event)
                    case ast.Call(ast.Attribute(ast.Name("log"), level), [written, *_]) if level in levels:
                        raise AssertionError(f"{file}: an event must be a plain string, not {ast.unparse(written)}")
    return found


def test_operations_page_lists_every_log_event_and_no_other() -> None:
    table = OPERATIONS.partition("## Log events")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([^`]+)` \| (?:info|warning|error|critical) \| [^|]+ \| [^|]+ \|$", table, re.MULTILINE)
    assert len(listed) == table.count("\n| `"), "each has its level, what it means and what to do"
    events = logged_events()
    starts = [event.removesuffix("...") for event in listed]
    assert len(events) > 15
    assert {event for event in events if not any(event.startswith(start) for start in starts)} == set()
    assert {start for start in starts if not any(event.startswith(start) for event in events)} == set()
