# SPDX-License-Identifier: Apache-2.0
"""Results as tables for people and as plots."""
from xml.sax.saxutils import escape

import results

WIDTH, LEFT, RIGHT, ROW, TOP = 860, 210, 150, 28, 78
INK, FAINT, OURS, PEER, LIMIT, TARGET = "#1d2b38", "#5b6b7a", "#2467a8", "#a9b8c6", "#d5dce3", "#b3372f"
MIDDLING = 4  # bars longer than so many limits are cut, or those that matter could not be told apart


def headline(work):
    return work["title"][0].upper() + work["title"][1:]


def table(key, works):
    """A work's table in Markdown, and below it what must be reached."""
    work = works[key]
    lines = [f"\n### {headline(work)}\n",
             f"| server | CPU of an answer, × {work['limit']} | low - high | µs | answers/s | p50 µs | p99 µs | MiB | lost | wrong |",
             "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, r in results.rows(work).items():
        shown = f"**{name}**" if name == results.OURS else name
        lines.append(f"| {shown} | {r['ratio']:.2f} | {r['low']:.2f} - {r['high']:.2f} | {r['cpu_us']:.2f} | {r['rate']:,.0f} | {r['p50_us']:,.0f} | {r['p99_us']:,.0f} "
                     f"| {r['mib']:,.0f} | {r['lost']:,} | {r['wrong']:,} |")
    lines += ["", *(f"- {'reached' if good else '**missed**'}: {text}" for text, good in results.verdicts(key, works))]
    lines += [f"- {name} gave no answer within a minute of its start" for name in work["absent"]]
    return "\n".join(lines)


def figures(title, rows):
    """Figures that are no rounds: (what, value as text, whether it is reached or None)."""
    lines = [f"\n### {title}\n", "| | |", "| --- | ---: |"]
    lines += [f"| {what} | {value}{'' if good is None else ', reached' if good else ', **missed**'} |" for what, value, good in rows]
    return "\n".join(lines)


def ticks(most):
    step = next(s for s in (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100) if most / s <= 9)
    return [step * i for i in range(int(most / step) + 1)]


def plot(work):
    """An SVG: a bar for each contestant with its spread, a line at the limit and one at the target."""
    rows = results.rows(work)
    ours = rows[results.OURS]
    most = min(max(r["high"] for r in rows.values()), MIDDLING * max(ours["ratio"], work["target"] or 0, 1)) * 1.02
    scale = (WIDTH - LEFT - RIGHT) / most
    bottom = TOP + ROW * len(rows)

    def x(value):
        return LEFT + min(value, most) * scale

    out = [f'<text x="20" y="26" font-size="17" font-weight="600">{escape(headline(work))}</text>',
           f'<text x="20" y="47" fill="{FAINT}">server CPU of an answer as a multiple of the {work["limit"]}\'s in the same round; medians, least and most of {len(next(iter(work["runs"].values())))} rounds</text>']
    for tick in ticks(most):
        out.append(f'<line x1="{x(tick):.1f}" y1="{TOP - 6}" x2="{x(tick):.1f}" y2="{bottom}" stroke="#eef1f4"/>'
                   f'<text x="{x(tick):.1f}" y="{bottom + 18}" text-anchor="middle" font-size="12" fill="{FAINT}">{tick:g}</text>')
    for i, (name, r) in enumerate(rows.items()):
        y, fill = TOP + ROW * i, OURS if name.startswith(results.OURS) else LIMIT if name == work["limit"] else PEER
        cut = r["ratio"] > most
        weight = ' font-weight="600"' if name == results.OURS else ""
        out.append(f'<text x="{LEFT - 10}" y="{y + 18}" text-anchor="end"{weight}>{escape(name)}</text>'
                   f'<rect x="{LEFT}" y="{y + 4}" width="{x(r["ratio"]) - LEFT:.1f}" height="{ROW - 9}" rx="2" fill="{fill}"/>')
        if cut:  # a torn end
            out.append(f'<path d="M{x(most) - 14:.1f} {y + 2}l6 {ROW - 5}m4 0l-6 -{ROW - 5}" stroke="#fff" stroke-width="3" fill="none"/>')
        elif r["high"] > r["low"]:
            middle = y + 4 + (ROW - 9) / 2
            out.append(f'<path d="M{x(r["low"]):.1f} {middle}H{x(r["high"]):.1f}M{x(r["low"]):.1f} {middle - 4}v8M{x(r["high"]):.1f} {middle - 4}v8" stroke="{INK}" stroke-width="1.3" fill="none"/>')
        out.append(f'<text x="{WIDTH - 90}" y="{y + 18}" text-anchor="end"{weight}>{r["ratio"]:.2f}</text>'
                   f'<text x="{WIDTH - 20}" y="{y + 18}" text-anchor="end" font-size="12" fill="{FAINT}">{r["cpu_us"]:,.1f} µs</text>')
    lines = [(1, "limit", INK, "4 3")] + ([(work["target"], f"at most {work['target']:.2f}", TARGET, "")] if work["target"] and not work["against"] else [])
    for value, label, colour, dashes in lines:
        anchor = "end" if value == 1 and len(lines) > 1 else "start"
        out.append(f'<line x1="{x(value):.1f}" y1="{TOP - 8}" x2="{x(value):.1f}" y2="{bottom}" stroke="{colour}" stroke-width="1.3" stroke-dasharray="{dashes}"/>'
                   f'<text x="{x(value) + (-4 if anchor == "end" else 4):.1f}" y="{TOP - 10}" text-anchor="{anchor}" font-size="12" fill="{colour}">{label}</text>')
    height = bottom + 30
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="system-ui,sans-serif" font-size="14" '
            f'fill="{INK}"><rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(out)}</svg>\n')
