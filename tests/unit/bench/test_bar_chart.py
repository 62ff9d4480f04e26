"""The SVG: well-formed, to scale, and safe with any label."""

from xml.etree import ElementTree

import pytest

from bench.bar_chart import Bar, bar_chart

_SVG = "{http://www.w3.org/2000/svg}"


def drawn(*bars: Bar) -> ElementTree.Element:
    return ElementTree.fromstring(bar_chart("title", "subtitle", bars))  # noqa: S314 - our own


def bar_widths(root: ElementTree.Element) -> list[float]:
    return [float(rect.get("width", "0")) for rect in root.iter(f"{_SVG}rect") if rect.get("height") == "18"]


def test_lengths_are_in_proportion_and_fit_with_their_range() -> None:
    root = drawn(Bar("a", 100, 90, 120, "100", "ours"), Bar("b", 50, 50, 50, "50", "peer"))
    long, short = bar_widths(root)
    assert long == pytest.approx(2 * short, abs=0.1)
    assert max(float(line.get("x2", "0")) for line in root.iter(f"{_SVG}line")) < float(root.get("width", "0"))


def test_labels_and_values_are_escaped() -> None:
    root = drawn(Bar("<a> & b", 1, 1, 1, "1 < 2", "ceiling"))
    texts = [text.text for text in root.iter(f"{_SVG}text")]
    assert "<a> & b" in texts
    assert "1 < 2" in texts


def test_a_tiny_value_is_still_seen() -> None:
    assert min(bar_widths(drawn(Bar("a", 1e6, 1e6, 1e6, "", "ours"), Bar("b", 1, 1, 1, "", "peer")))) == 1.0


def test_nothing_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="nothing"):
        bar_chart("title", "subtitle", [])
