"""The report as one HTML page that needs nothing else: aims, tables, and every drawing.

What fails comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

SKETCH = "sketch"
CANVAS_PX = 224
# below these a sketch is shown as failing
LENIENT = {"on_subject": 0.92, "silhouette": 0.60, "displaced": 0.50}
OUTLINE_FROM = 16  # strokes from which the outline is asked for
MARKS = {"beaten": "below", "ahead": "above", "level": "level"}  # classes, by verdict

MEANING = {
    "recognised": (
        "share of drawings that EfficientNet-Lite2 finds nearest to their own photograph; chance"
        " would find 1 of {photos}"
    ),
    "displaced": (
        "the same for copies that are shifted and resized, so that the place in the frame alone"
        " can't tell"
    ),
    "mean rank": "place of the own photograph among all",
    "margin": (
        "likeness to the own photograph less that to the best of the others; it goes on where all"
        " are recognised"
    ),
    "in kind": "share of drawings whose nearest photograph has the same label",
    "on subject": "share of the strokes' length on the subject or within 3 px of it, of 224",
    "outline": "share of the subject's outline within 5 px of a stroke",
    "knots, dust": (
        "share of strokes that cross themselves in a small loop, curl up, or are shorter than 4 px"
    ),
    "doubled": "share of the length that runs along another stroke",
    "nodes": "of the whole drawing; of vtracer's shapes, like the rest, of their outlines",
    "seconds": "from the mask to the ordered strokes",
}

STYLE = """
:root{--ink:#1c1e21;--soft:#6a6f76;--line:#e4e6e9;--page:#f7f7f5;--paper:#fff;--good:#1a7f4b;--bad:#b3382c;--tint:#eef3fb;--blue:#2457a6}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1400px;margin:0 auto;padding:40px 24px 80px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:19px;margin:48px 0 4px}
h3{font-size:15px;margin:24px 0 8px}
p{margin:0 0 12px;max-width:78ch}
p.soft{max-width:none}
.soft,small{color:var(--soft)}
.aims{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:12px;margin:24px 0 0}
.aim{background:var(--paper);border:1px solid var(--line);border-left:4px solid var(--good);border-radius:6px;padding:12px 14px}
.aim.miss{border-left-color:var(--bad)}
.aim b{display:block;font-size:26px;line-height:1.2;font-variant-numeric:tabular-nums}
.aim b i{font-style:normal;font-size:13px;font-weight:600;color:var(--good);margin-left:8px}
.aim.miss b i{color:var(--bad)}
.aim span{display:block;font-size:13px}
.aims+.aims{grid-template-columns:repeat(auto-fit,minmax(300px,1fr));margin-top:12px}
.scroll{overflow-x:auto;background:var(--paper);border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;text-align:right;white-space:nowrap;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0;font-weight:600;color:var(--soft);vertical-align:bottom;white-space:normal;line-height:1.3}
th:first-child,td:first-child{text-align:left;font-weight:400}
td{min-width:78px}
td small{display:block;font-size:11px;line-height:1.3}
tr.ours{background:var(--tint)}
tr.ours th{font-weight:600}
.below::after{content:" ▾";color:var(--good)}
.above::after{content:" ▴";color:var(--bad)}
.level::after{content:" =";color:var(--soft)}
.filter{display:flex;flex-wrap:wrap;gap:6px;margin:12px 0 16px}
.filter span{width:14px}
.legend{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;font-size:13px;margin:4px 0 12px;max-width:100ch}
.legend dt{font-weight:600}
.legend dd{margin:0}
.filter button{font:inherit;font-size:13px;padding:4px 12px;border:1px solid var(--line);border-radius:99px;background:var(--paper);
color:var(--ink);cursor:pointer}
.filter button[aria-pressed=true]{background:var(--ink);border-color:var(--ink);color:#fff}
.filter button:focus-visible,summary:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(286px,1fr));gap:14px}
.card{margin:0;background:var(--paper);border:1px solid var(--line);border-radius:6px;overflow:hidden}
.card[hidden]{display:none}
.pair{display:grid;grid-template-columns:1fr 1fr;background:#fff}
.pair>*{display:block;width:100%;aspect-ratio:1}
.photo{background-size:cover;border-right:1px solid var(--line)}
.card figcaption{padding:9px 12px 11px;border-top:1px solid var(--line);font-size:12px;line-height:1.45}
.card strong{font-size:13px}
.card em{font-style:normal;color:var(--bad);display:block}
.card .fine{color:var(--good);display:block}
.card dl{display:grid;grid-template-columns:repeat(4,1fr);gap:4px;margin:7px 0 0;font-variant-numeric:tabular-nums}
.card dd{margin:0;font-size:13px;line-height:1.3}
.card dt{font-size:10.5px;line-height:1.3;color:var(--soft);order:1}
.card dl div{display:flex;flex-direction:column}
.pick{color:var(--blue)}
details{margin:8px 0}
summary{cursor:pointer;padding:6px 0;font-weight:600}
details p{margin:4px 0 10px}
#controls .grid{grid-template-columns:repeat(auto-fill,minmax(190px,1fr));margin-top:8px}
#controls .pair{grid-template-columns:1fr}
path{fill:none;stroke:#000;stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
.fill path{fill:#000;stroke:none;fill-rule:evenodd}
@media print{.filter{display:none}}
"""

SCRIPT = """
const cards=[...document.querySelectorAll('#sketches .card')],wish={strokes:'',only:''};
document.querySelectorAll('.filter button').forEach(b=>b.onclick=()=>{
 wish[b.dataset.what]=b.dataset.value;
 document.querySelectorAll(`.filter button[data-what=${b.dataset.what}]`).forEach(o=>o.setAttribute('aria-pressed',o===b));
 let shown=0;
 cards.forEach(c=>{c.hidden=!(!wish.strokes||c.dataset.strokes===wish.strokes)||!(!wish.only||c.dataset[wish.only]==='1');shown+=!c.hidden});
 document.getElementById('shown').textContent=shown+' of '+cards.length+' shown';
});
"""


def page(report: dict[str, Any]) -> str:
    """The whole page."""
    photos = "".join(
        f".photo-{number}{{background-image:url(data:image/jpeg;base64,{photo['jpeg']})}}\n"
        for number, photo in enumerate(report["photos"])
    )
    parts = [head(report), tables(report), sketches(report), controls(report), judges(report)]
    script = f"<script>{SCRIPT}</script>"
    return document("Quality of the sketches", STYLE + photos, "\n".join(parts), script)


def document(title: str, style: str, body: str, script: str = "") -> str:
    """A page of HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title>\n<style>{style}</style></head>\n"
        f"<body><main>\n{body}\n</main>{script}</body></html>\n"
    )


def head(report: dict[str, Any]) -> str:
    """What was drawn, and the aims."""
    wish = report["settings"]
    parts = [
        counted(len(report["photos"]), "photograph"),
        f"{listed([str(count) for count in wish['strokes']])} strokes",
        counted(wish["seeds"], "seed"),
        "several subjects apart" if wish.get("told_apart", True) else "several subjects as one",
        f"preset {escape(wish['preset'])}",
        f"guide {escape(wish['guide'])}",
        f"{report['peak_mb']:.0f} MB while drawing",
        escape(report["made"]),
    ]
    reached = [tile(aim) for aim in report["aims"] if "beaten" not in aim]
    beaten = [tile(aim) for aim in report["aims"] if "beaten" in aim]
    tiles = "".join(f'<div class="aims">{"".join(row)}</div>' for row in (reached, beaten) if row)
    return f'<h1>Quality of the sketches</h1>\n<p class="soft">{" · ".join(parts)}</p>\n{tiles}'


def tile(aim: dict[str, Any]) -> str:
    """One aim: reached or missed."""
    if "reached" in aim:
        mean, low, high = aim["reached"]
        value = written(mean, True)
        more = f"interval {span(low, high, True)}"
    else:
        value = f"{aim['beaten'][0]} of {aim['beaten'][1]}"
        more = f"not {escape(listed(aim['lost']))}" if aim["lost"] else "each beyond its interval"
    state = "reached" if aim["passed"] else "missed"
    miss = "" if aim["passed"] else " miss"
    return (
        f'<div class="aim{miss}"><span>{escape(aim["title"])}</span><b>{value}<i>{state}</i></b>'
        f'<span class="soft">aim {escape(aim["aim"])}; {more}</span></div>'
    )


def tables(report: dict[str, Any]) -> str:
    """One table for each number of strokes."""
    names = "".join(f'<th scope="col">{escape(one["title"])}</th>' for one in report["columns"])
    wish = report["settings"]
    intro = (
        "<p>Means over photographs, and their 95 % interval by bootstrap (one without width means"
        " that all photographs agree, not that others would). Beside a control, from the difference"
        ' photograph by photograph: <span class="below">worse than the sketches</span>,'
        ' <span class="above">better</span>, <span class="level">neither</span>. The published'
        f" schedule is cut to {wish['published_steps']} of its {wish['published_whole']} steps, as"
        " many guide passes as the sketches have.</p>"
    )
    parts = ["<h2>Sketches and controls</h2>", intro, legend(report)]
    counts = wish["strokes"]
    shown = OUTLINE_FROM if OUTLINE_FROM in counts else counts[-1]
    for count in counts:
        here = [row for row in report["table"] if row["strokes"] == count]
        rows = "".join(table_row(row, report["columns"]) for row in here)
        state = " open" if count == shown else ""
        summary = f"<summary>{counted(count, 'stroke')}</summary>"
        table = table_of(f"<th></th>{names}", rows)
        parts.append(f"<details{state}>{summary}{table}</details>")
    return "\n".join(parts)


def table_of(head: str, rows: str) -> str:
    """A table that scrolls by itself where the page is narrow."""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="scroll">{table}</div>'


def legend(report: dict[str, Any]) -> str:
    """What the columns mean."""
    titles = {one["title"] for one in report["columns"]}
    rows = "".join(
        f"<dt>{escape(title)}</dt><dd>{escape(text.format(photos=len(report['photos'])))}</dd>"
        for title, text in MEANING.items()
        if title in titles
    )
    return (
        f'<details><summary>What the columns mean</summary><dl class="legend">{rows}</dl></details>'
    )


def table_row(row: dict[str, Any], columns: Sequence[dict[str, Any]]) -> str:
    """A kind of drawing."""
    cells = []
    for one in columns:
        cell = row["cells"][one["key"]]
        if not cell:
            cells.append("<td></td>")
            continue
        against = row["against"].get(one["key"])
        mark = MARKS[against["verdict"]] if against else ""
        mean = f'<span class="{mark}">{written(cell[0], one["share"])}</span>'
        interval = f"<small>{span(cell[1], cell[2], one['share'])}</small>"
        cells.append(f"<td>{mean}{interval}</td>")
    ours = ' class="ours"' if row["kind"].startswith(SKETCH) else ""
    name = {"sketch": "sketch, every seed"}.get(row["kind"], row["kind"])
    return f'<tr{ours}><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>'


def judges(report: dict[str, Any]) -> str:
    """What each judge knows of edge drawings."""
    panel = [
        (one["name"], one["edges"], "" if one["sound"] else "not sound: left out")
        for one in report.get("judges", [])
    ]
    survey = [
        (f"stages {listed([str(n) for n in one['layers']])}", one["edges"], "")
        for one in report.get("survey", [])
    ]
    if not panel:
        return ""
    intro = (
        "<p>Before a judge is asked about sketches it must know edge drawings of the photographs:"
        " the share that it finds nearest to their own photograph, the own photograph's mean place,"
        " and the share when the drawing is shifted and resized.</p>"
    )
    others = ""
    if survey:
        summary = "<summary>Other layers of EfficientNet-Lite2</summary>"
        word = "<p>Stage 7 is the pooled embedding.</p>"
        others = f"<details>{summary}{word}{judge_table(survey)}</details>"
    return f"<h2>The judges</h2>\n{intro}{judge_table(panel)}{others}"


def judge_table(rows: Sequence[tuple[str, dict[str, dict[str, float]], str]]) -> str:
    """Names, what they know, a word."""
    kinds = list(rows[0][1])
    names = "".join(
        f'<th scope="col">{escape(kind)}</th><th scope="col">mean place</th>'
        '<th scope="col">displaced</th>'
        for kind in kinds
    )
    lines = []
    for name, edges, word in rows:
        found = [edges[kind] for kind in kinds]
        cells = "".join(map(judge_cells, found))
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{cells}<td>{word}</td></tr>')
    return table_of(f"<th></th>{names}<th></th>", "".join(lines))


def judge_cells(edges: dict[str, float]) -> str:
    """What a judge knows of one kind of edge drawings."""
    top1 = written(edges["top1"], True)
    displaced = written(edges["displaced"], True)
    return f"<td>{top1}</td><td>{edges['rank']:.1f}</td><td>{displaced}</td>"


def sketches(report: dict[str, Any]) -> str:
    """A card for every sketch, failures first."""
    numbers = {photo["name"]: number for number, photo in enumerate(report["photos"])}
    ours = [one for one in report["drawings"] if one["kind"] == SKETCH]
    ours.sort(key=severity, reverse=True)
    failing = sum(bool(misses(one)) for one in ours)
    on_subject = written(LENIENT["on_subject"], True)
    silhouette = written(LENIENT["silhouette"], True)
    by_strokes = button("strokes", "", "All strokes")
    for count in report["settings"]["strokes"]:
        by_strokes += button("strokes", str(count), f"{count} strokes")
    by_state = button("only", "", "All sketches")
    by_state += button("only", "failing", "Failing") + button("only", "chosen", "Chosen seed")
    bar = f"{by_strokes}<span></span>{by_state}"
    cards = "\n".join(card(one, numbers[one["photo"]], len(numbers)) for one in ours)
    return (
        f"<h2>Every sketch, failures first</h2>\n<p>{failing} of {len(ours)} fail in something: not"
        " recognised, or lost in most displaced copies;"
        f" less than {on_subject} of the length on the subject; a knot or a dot; or,"
        f" from {OUTLINE_FROM} strokes, less than {silhouette} of the outline.</p>\n"
        f'<div class="filter" role="group" aria-label="Show">{bar}</div>'
        f'<p class="soft" id="shown">{len(ours)} of {len(ours)} shown</p>\n'
        f'<div class="grid" id="sketches">\n{cards}\n</div>'
    )


def button(what: str, value: str, text: str) -> str:
    """A choice of the filter; the empty value is all, and chosen at first."""
    return (
        f'<button type="button" data-what="{what}" data-value="{value}"'
        f' aria-pressed="{"false" if value else "true"}">{text}</button>'
    )


def card(drawing: dict[str, Any], photo: int, photos: int) -> str:
    """A sketch beside its photograph, with its numbers."""
    wrong = misses(drawing)
    craft = drawing["craft"]
    verdict = drawing.get("judged", {}).get("lite2")
    numbers = [("on subject", written(craft["on_subject"], True))]
    if craft["silhouette"] is not None:
        numbers.append(("outline", written(craft["silhouette"], True)))
    numbers.append(("doubled", written(craft["doubled"], True)))
    if verdict:
        numbers.append(("displaced", written(verdict["displaced"], True)))
    place = f" · place {verdict['rank']} of {photos}" if verdict else ""
    listing = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in numbers)
    chosen = bool(drawing.get("chosen"))
    pick = ' · <span class="pick">chosen</span>' if chosen else ""
    state = '<span class="fine">nothing amiss</span>'
    if wrong:
        state = f"<em>{escape('; '.join(wrong))}</em>"
    name = escape(drawing["photo"])
    strokes = counted(drawing["strokes"], "stroke")
    facts = (
        f'data-strokes="{drawing["strokes"]}" data-failing="{int(bool(wrong))}"'
        f' data-chosen="{int(chosen)}"'
    )
    beside = f'<div class="photo photo-{photo}" role="img" aria-label="Photograph: {name}"></div>'
    cost = f"loss {drawing['loss']:.3f} · {drawing['time_s']:.1f} s{place}"
    return (
        f'<figure class="card" {facts}><div class="pair">{beside}{picture(drawing)}</div>'
        f"<figcaption><strong>{name}</strong> · {strokes} · seed {drawing['seed']}{pick}{state}"
        f"<dl>{listing}</dl><small>{cost}</small></figcaption></figure>"
    )


def controls(report: dict[str, Any]) -> str:
    """The control drawings, folded by kind."""
    kinds = list(dict.fromkeys(one["kind"] for one in report["drawings"] if one["kind"] != SKETCH))
    if not kinds:
        return ""
    parts = ['<section id="controls"><h2>Every control</h2>']
    for kind in kinds:
        here = [one for one in report["drawings"] if one["kind"] == kind]
        cards = "\n".join(small_card(one) for one in here)
        summary = f"<summary>{escape(kind)} ({len(here)})</summary>"
        parts.append(f'<details>{summary}<div class="grid">{cards}</div></details>')
    return "\n".join([*parts, "</section>"])


def small_card(drawing: dict[str, Any]) -> str:
    """A control."""
    verdict = drawing.get("judged", {}).get("lite2")
    count = f" · {counted(drawing['strokes'], 'stroke')}" if drawing["strokes"] else ""
    place = ""
    if verdict:
        displaced = written(verdict["displaced"], True)
        place = f"<br><small>place {verdict['rank']}, displaced {displaced}</small>"
    caption = f"<strong>{escape(drawing['photo'])}</strong>{count}{place}"
    return (
        f'<figure class="card"><div class="pair">{picture(drawing)}</div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def picture(drawing: dict[str, Any]) -> str:
    """The drawing itself."""
    name = escape(f"{drawing['kind']}: {drawing['photo']}")
    if "png" in drawing:
        return f'<img alt="{name}" src="data:image/png;base64,{drawing["png"]}">'
    lines = "".join(f'<path d="{"".join(map(path_data, path))}"/>' for path in drawing["paths"])
    shape = ' class="fill"' if drawing.get("fill") else ""
    box = f'viewBox="0 0 {CANVAS_PX} {CANVAS_PX}"'
    return f'<svg{shape} {box} role="img" aria-label="{name}">{lines}</svg>'


def path_data(chain: Sequence[Sequence[float]]) -> str:
    """A chain of cubics as SVG has it."""
    first, *rest = (f"{x:.1f} {y:.1f}" for x, y in chain)
    return f"M{first}C{' '.join(rest)}"


def misses(drawing: dict[str, Any]) -> list[str]:
    """What is wrong with a sketch, in words."""
    craft = drawing["craft"]
    verdict = drawing.get("judged", {}).get("lite2")
    wrong = []
    if verdict and verdict["rank"] > 1:
        wrong.append(f"taken for {verdict['nearest'] or 'nothing'}")
    if verdict and verdict["rank"] == 1 and verdict["displaced"] < LENIENT["displaced"]:
        wrong.append(f"lost in {written(1 - verdict['displaced'], True)} of displaced copies")
    if craft["on_subject"] < LENIENT["on_subject"]:
        wrong.append(f"{written(1 - craft['on_subject'], True)} beside the subject")
    drawn = craft["silhouette"] if drawing["strokes"] >= OUTLINE_FROM else None
    if drawn is not None and drawn < LENIENT["silhouette"]:
        wrong.append(f"{written(1 - drawn, True)} of the outline is missing")
    if craft["knots"]:
        wrong.append(counted(craft["knots"], "knot"))
    if craft["dust"]:
        wrong.append(counted(craft["dust"], "dot"))
    return wrong


def severity(drawing: dict[str, Any]) -> tuple[float, ...]:
    """How bad it is: first what isn't recognised, then what fails in most, then what nearly fails."""
    verdict = drawing.get("judged", {}).get("lite2") or {"rank": 1, "displaced": 1.0}
    return (
        verdict["rank"],
        len(misses(drawing)),
        drawing["craft"]["flawed"],
        -verdict["displaced"],
        -drawing["craft"]["on_subject"],
    )


def written(value: float, share: bool) -> str:
    """A number as short as it may be, a share in per cent."""
    return f"{bare(value, share)}\N{NO-BREAK SPACE}%" if share else bare(value, share)


def span(low: float, high: float, share: bool) -> str:
    """An interval, without the unit."""
    return f"{bare(low, share)} to {bare(high, share)}"


def bare(value: float, share: bool) -> str:
    """A number without its unit."""
    if share:
        return f"{100 * value:.0f}" if value < 0.0005 or value >= 0.0995 else f"{100 * value:.1f}"
    decimals = 0 if abs(value) >= 20 else 1 if abs(value) >= 1 else 2
    text = f"{value:.{decimals}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def counted(number: int, noun: str) -> str:
    """1 stroke, 2 strokes."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """a, b and c"""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
