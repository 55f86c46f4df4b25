# SPDX-License-Identifier: MIT
"""A chart of launch times, as inline SVG: a bar for each of them, an axis, its
unit. What is too long for the axis is drawn broken, with its number."""
import html

STYLE = """
.chart { display: block; width: 100%; max-width: 58rem; font-size: 14px; }
.chart text { fill: var(--text); }
.chart .grid { stroke: var(--line); }
.chart .ours { fill: var(--orange); }
.chart .peer { fill: var(--blue); }
.chart .spread { stroke: var(--text); stroke-width: 2; }
.chart .gap { stroke: var(--back); stroke-width: 5; }
"""
ROW, TOP = 28, 44


def ticks(longest):
    """Round numbers from 0 to LONGEST at most, four to eight of them."""
    step = 1e-3
    while longest / step > 8:
        for factor in (2, 2.5, 2):
            if longest / step > 8:
                step *= factor
    return [step * n for n in range(int(longest / step) + 1)]


def axis_end(times):
    """Where the axis ends: most bars and their spreads fit, and no single one
    makes all others too short to compare."""
    medians = sorted(time["median"] for time in times.values())
    usual = medians[len(medians) // 2] * 2.5
    return min(max(usual, medians[0]),
               max(max(time["median"], time["high"])
                   for time in times.values()))


def draw(times, unit="ms", width=720):
    """TIMES: {name: {"median", "low", "high"}}. Narrow where WIDTH is."""
    left = min(190, width * 0.3)
    end = axis_end(times)
    room = width - left - 90

    def at(value):
        return left + room * min(value, end * 1.06) / end

    height = TOP + ROW * len(times) + 8
    out = [f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" '
           f'aria-label="Launch times in {unit}, a bar each">',
           f'<text x="{left}" y="14">{unit}</text>']
    for tick in ticks(end):
        out.append(f'<line x1="{at(tick):.1f}" y1="{TOP - 8}" '
                   f'x2="{at(tick):.1f}" y2="{height - 8}" class="grid"/>'
                   f'<text x="{at(tick):.1f}" y="{TOP - 13}" '
                   f'text-anchor="middle">{tick:g}</text>')
    for number, (name, time) in enumerate(times.items()):
        y = TOP + ROW * number
        css = "ours" if name.startswith("step") else "peer"
        out.append(f'<text x="{left - 8:g}" y="{y + 16}" text-anchor="end">'
                   f'{html.escape(name)}</text>'
                   f'<rect x="{left}" y="{y + 2}" height="18" class="{css}" '
                   f'width="{at(time["median"]) - left:.1f}"/>'
                   f'<line x1="{at(time["low"]):.1f}" y1="{y + 11}" '
                   f'x2="{at(time["high"]):.1f}" y2="{y + 11}" '
                   'class="spread"/>')
        for value in (time["median"], time["high"]):
            if value > end:  # broken: a gap across bar or line
                x = at(end) - 8
                out.append(f'<line x1="{x - 4:.1f}" y1="{y + 24}" '
                           f'x2="{x + 4:.1f}" y2="{y - 2}" class="gap"/>')
        far = at(max(time["median"], time["high"]))
        out.append(f'<text x="{far + 8:.1f}" y="{y + 16}">'
                   f'{time["median"]:.2f}</text>')
    out.append("</svg>")
    return "\n".join(out)
