"""A horizontal bar chart as SVG, by hand: a bar, its range and its value in words a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH, _LEFT, _RIGHT = 860, 300, 150
_ROW, _BAR, _TOP, _BOTTOM = 30, 18, 68, 34
_FONT: Final = "font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\""
_COLOURS: Final = {"ours": "#1f6f8b", "ceiling": "#b8c4cc", "peer": "#d98e04"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One row.

    Attributes:
        label: to the left.
        value: its length.
        low, high: the range of the runs, drawn as a thin line.
        text: to the right of the bar.
        kind: ``ours``, ``ceiling`` or ``peer``: its colour.
    """

    label: str
    value: float
    low: float
    high: float
    text: str
    kind: str


def bar_chart(title: str, subtitle: str, bars: Sequence[Bar], ceiling: str = "the client alone") -> str:
    """Draw bars in their order, all on one scale from zero; `ceiling` says in the legend what that is.

    Raises:
        ValueError: there is nothing to draw, or no value above zero.
    """
    longest = max((max(bar.value, bar.high) for bar in bars), default=0.0)
    if longest <= 0:
        raise ValueError("nothing to draw")
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    height = _TOP + _ROW * len(bars) + _BOTTOM
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
            f'height="{height}" role="img" aria-label="{escape(title)}" {_FONT}>'
        ),
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="20" y="28" font-size="17" font-weight="600" fill="#1b1f23">{escape(title)}</text>',
        f'<text x="20" y="48" font-size="12.5" fill="#57606a">{escape(subtitle)}</text>',
    ]
    for place, bar in enumerate(bars):
        parts += _row(bar, _TOP + place * _ROW, scale)
    axis = _TOP + _ROW * len(bars)
    parts.append(f'<line x1="{_LEFT}" y1="{_TOP - 4}" x2="{_LEFT}" y2="{axis}" stroke="#8c959f"/>')
    parts += _legend(axis + 18, ceiling)
    return "\n".join([*parts, "</svg>", ""])


def _row(bar: Bar, top: int, scale: float) -> list[str]:
    middle = top + _BAR / 2
    low, high, end = (_LEFT + value * scale for value in (bar.low, bar.high, bar.value))
    return [
        (
            f'<text x="{_LEFT - 10}" y="{middle + 4.5:.1f}" font-size="13" text-anchor="end" fill="#1b1f23">'
            f"{escape(bar.label)}</text>"
        ),
        (
            f'<rect x="{_LEFT}" y="{top}" width="{max(1.0, end - _LEFT):.1f}" height="{_BAR}" rx="2" '
            f'fill="{_COLOURS[bar.kind]}"/>'
        ),
        (
            f'<line x1="{low:.1f}" y1="{middle:.1f}" x2="{high:.1f}" y2="{middle:.1f}" stroke="#1b1f23" '
            'stroke-width="1.2"/>'
        ),
        (
            f'<text x="{max(end, high) + 8:.1f}" y="{middle + 4.5:.1f}" font-size="13" fill="#1b1f23">'
            f"{escape(bar.text)}</text>"
        ),
    ]


def _legend(baseline: int, ceiling: str) -> list[str]:
    parts = []
    words = (("ours", "ridescore"), ("ceiling", f"ceiling: {ceiling}"), ("peer", "others"))
    for place, (kind, text) in enumerate(words):
        left = _LEFT + place * 150 + (50 if place == 2 else 0)
        parts.append(f'<rect x="{left}" y="{baseline - 10}" width="11" height="11" rx="2" fill="{_COLOURS[kind]}"/>')
        parts.append(f'<text x="{left + 17}" y="{baseline}" font-size="12" fill="#57606a">{text}</text>')
    return parts
