"""Resident memory over a run as an SVG picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 300, 56, 40


@dataclass(frozen=True)
class Curve:
    """MiB of one process; the first value at the start, the others evenly spaced over the run."""

    label: str
    colour: str
    values: Sequence[float]


def memory_plot(curves: Sequence[Curve], count: int, what: str) -> str:
    """The picture: memory over ``count`` things done, which ``what`` names."""
    most = max(max(curve.values) for curve in curves) * 1.15
    steps = len(curves[0].values) - 1

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - 90) * step / steps

    def y(mib: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 30) * mib / most

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18">Resident memory, MiB, over {count:,} {what}</text>',
    ]
    for mib in range(0, int(most) + 1, 50):
        parts.append(f'<path d="M{LEFT} {y(mib):.1f}H{x(steps):.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(mib) + 4:.1f}" text-anchor="end">{mib}</text>')
    for tenth in range(0, 11, 2):
        at = x(steps * tenth / 10)
        parts.append(f'<text x="{at:.1f}" y="{HEIGHT - 16}" text-anchor="middle">{count * tenth // 10:,}</text>')
    for curve in curves:
        points = " ".join(f"{x(step):.1f},{y(mib):.1f}" for step, mib in enumerate(curve.values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{curve.colour}" stroke-width="2"/>')
        at, level = x(steps) + 8, y(curve.values[-1]) + 4
        parts.append(f'<text x="{at:.1f}" y="{level:.1f}" fill="{curve.colour}">{curve.label}</text>')
    return "\n".join((*parts, "</svg>", ""))
