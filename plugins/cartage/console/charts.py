"""Charts, drawn on the server as SVG: no script, no library, and a text for those who cannot see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT, GAP = 168, 36, 2
LEAST = 2.0
"""Height of a part that is there at all: three quarantined of a thousand must be seen."""


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        title: what its tooltip says.
        parts: class of the style sheet and size of each part, from the bottom up.
    """

    title: str
    parts: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """Its size."""
        return sum(size for _, size in self.parts)


def bars(given: Sequence[Bar], label: str, *, width: int = WIDTH, height: int = HEIGHT) -> Markup:
    """Draw bars beside each other, to one scale.

    Args:
        given: the bars, from left to right.
        label: what the chart says, in words.
        width: pixels.
        height: pixels.
    """
    top = max((each.total for each in given), default=0)
    step = width / max(len(given), 1)
    drawn = [_bar(each, place * step, step - GAP, top, height) for place, each in enumerate(given)]
    return Markup(
        '<svg class="chart" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">'
        '<line class="ground" x1="0" y1="{3}" x2="{0}" y2="{3}"/>{4}</svg>'
    ).format(width, height + 1, label, height + 0.5, Markup("").join(drawn))


def _bar(bar: Bar, left: float, width: float, top: int, height: int) -> Markup:
    drawn, ground = [], float(height)
    sizes = [max(size / top * height, LEAST) if size else 0.0 for _, size in bar.parts] if top else []
    over = max(sum(sizes) / height, 1.0)
    for (style, _), size in zip(bar.parts, sizes, strict=False):
        if size:
            part = size / over
            ground -= part
            drawn.append(
                Markup('<rect class="{0}" x="{1:.1f}" y="{2:.1f}" width="{3:.1f}" height="{4:.1f}"/>').format(
                    style, left, ground, width, part
                )
            )
    hover = Markup('<rect class="hover" x="{0:.1f}" y="0" width="{1:.1f}" height="{2}"/>').format(left, width, height)
    return Markup("<g><title>{0}</title>{1}{2}</g>").format(bar.title, hover, Markup("").join(drawn))
