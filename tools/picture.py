# SPDX-License-Identifier: MIT
"""The picture: a host and a sandbox, two boxes over one kernel, as inline SVG.

    facts(pid), record(...)   what /proc tells of a process, and what it sees
    draw(host, own, calls, narrow, name)   a string, <svg>...</svg>
    STYLE   the CSS for it; a page defines the colours --text, --back,
                       --blue (the host), --orange (the sandbox), --faint

What both share stands where the boxes overlap; what is the sandbox's own has
moved into its own part. Nothing is drawn that was not recorded: whether they
share processes, devices and the rest is equality of /proc/PID/ns, and of the
root directory for the files. tools/page uses it; so may any other page.
"""
import html
import textwrap

KINDS = ["pid", "net", "mnt", "uts", "ipc", "cgroup", "user", "time"]
STYLE = """
.pic { display: block; width: 100%; font-size: 14px; }
.pic text { fill: var(--text); }
.pic .items { font-family: monospace; font-size: 13px; white-space: pre; }
.pic .title { font-weight: bold; font-size: 16px; }
.pic .faint { fill: var(--faint); }
.pic .box { fill-opacity: .08; stroke-width: 2.5; }
.pic .host { fill: var(--blue); stroke: var(--blue); }
.pic .sandbox { fill: var(--orange); stroke: var(--orange); }
.pic .absent { fill: none; stroke: var(--faint); stroke-dasharray: 5 5; }
.pic .rule { stroke: var(--faint); stroke-width: .5; }
.pic .kernel { fill: var(--faint); fill-opacity: .15; stroke: var(--faint);
  stroke-width: 2; }
.pic text.ours { fill: var(--orange); font-weight: bold; }
.pic text.theirs { fill: var(--blue); }
.pic .arrow { stroke: var(--text); stroke-width: 2; fill: none; }
.pic .head { fill: var(--text); }
.pic .wall { fill: var(--orange); }
.pic .cross { stroke: var(--orange); stroke-width: 4; }
"""
# Where things are: columns of the host alone, of both, of the sandbox alone.
WIDE = {"left": 110, "column": 275, "characters": 33, "lines": 4, "gap": 12,
        "join": "   ", "label": 0}
NARROW = {"left": 4, "column": 127, "characters": 15, "lines": 6, "gap": 24,
          "join": "\n", "label": 18}


def facts(pid):
    """A shell's words that print, of process PID, what record() reads."""
    return (f"cd /proc/{pid}; for kind in {' '.join(KINDS)}; do "
            "readlink ns/$kind || echo none; done; stat -L -c %d:%i root; cat uid_map")


def record(printed, processes, devices, files, name):
    """What is drawn of a process, of which facts() printed these lines; and
    the lists of what it sees itself: processes as "PID NAME", and so on."""
    count = len(KINDS)
    return {"namespaces": dict(zip(KINDS, printed[:count])),
            "root": printed[count], "user": int(printed[count + 1].split()[1]),
            "processes": processes, "devices": devices, "files": files,
            "name": name}


def rows(host, own):
    """(title, [what only the host has, what both share, the sandbox's own])"""
    shared = {kind: host["namespaces"][kind] == own["namespaces"][kind]
              for kind in KINDS}

    def cells(same, theirs, ours):
        return [[], theirs, []] if same else [theirs, [], ours]

    def rest(who):
        return {"uts": f"name {who['name']}", "ipc": "IPC",
                "cgroup": "cgroups", "time": "clocks",
                "user": "root is root" if who["user"] == 0 else
                        "root is nobody"}

    theirs, ours = rest(host), rest(own)
    return [
        ("processes", cells(shared["pid"], host["processes"],
                            own["processes"])),
        ("network", cells(shared["net"], host["devices"], own["devices"])),
        ("files", cells(host["root"] == own["root"], host["files"],
                        own["files"])),
        ("the rest", [[theirs[kind] for kind in theirs if not shared[kind]],
                      [theirs[kind] for kind in theirs if shared[kind]],
                      [ours[kind] for kind in ours if not shared[kind]]])]


class Canvas:
    """Lines of SVG."""

    def __init__(self):
        self.lines = []

    def add(self, text):
        self.lines.append(text)

    def text(self, x, y, words, css="", anchor="start"):
        self.add(f'<text x="{x:g}" y="{y:g}" class="{css}" '
                 f'text-anchor="{anchor}">{html.escape(words)}</text>')

    def box(self, x, y, width, height, css, radius=8):
        self.add(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" '
                 f'height="{height:g}" rx="{radius}" class="{css}"/>')

    def line(self, x1, y1, x2, y2, css):
        self.add(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" '
                 f'class="{css}"/>')


def wrapped(items, place):
    """The items as lines that fit a column; what does not fit is counted."""
    if place["join"] == "\n":
        lines = [item if len(item) <= place["characters"] else
                 item[:place["characters"] - 1] + "~" for item in items]
    else:
        lines = textwrap.wrap(place["join"].join(
            item.replace(" ", "\xa0") for item in items),
            place["characters"], break_long_words=True)
        lines = [line.replace("\xa0", " ") for line in lines]
    if len(lines) > place["lines"]:
        kept = lines[:place["lines"] - 1]
        shown = sum(len(line.split(place["join"])) for line in kept)
        lines = kept + [f"... {len(items) - shown} more"]
    return lines


def draw(host, own=None, calls=(), narrow=False, name=""):
    """HOST and OWN are of record(). Without OWN there is no sandbox yet: what
    is started shares all. CALLS are pairs: what is asked of the kernel, and is
    it stopped? Where any is, a wall stands before the kernel."""
    place = NARROW if narrow else WIDE
    left, column = place["left"], place["column"]
    height = place["lines"] * 17 + place["gap"] + place["label"]
    width = left + 3 * column + 6
    top, bottom = 40, 40 + 4 * height + 8
    kernel = bottom + (96 if calls else 34)
    picture = Canvas()
    described = f"a sandbox {name}".rstrip() if own else "no sandbox"
    picture.add(f'<svg class="pic" viewBox="0 0 {width} {kernel + 44}" '
                f'role="img" aria-label="The host and {html.escape(described)}'
                ', over one kernel">')
    picture.text(left + 8, 24, "host", "title theirs")
    label = f"sandbox, {name}".rstrip(", ") if own else "no sandbox yet"
    picture.text(left + 3 * column - 8, 24, label,
                 "title ours" if own else "faint", "end")
    table = rows(host, own or host)
    both = "all is shared" if not own else "shared" if any(
        cells[1] for _, cells in table) else "only the kernel"
    picture.text(left + 1.5 * column, 24, both,
                 "faint", "middle")
    picture.box(left + column, top - 4, 2 * column, bottom - top + 8,
                "box sandbox" if own else "absent")
    picture.box(left, top, 2 * column, bottom - top, "box host")
    for index, (title, cells) in enumerate(table):
        y = top + 6 + index * height
        if index:
            picture.line(left, y - 3, left + 3 * column, y - 3, "rule")
        if narrow:
            picture.text(left + 8, y + 14, title, "faint")
        else:
            picture.text(left - 10, y + 20, title, "title", "end")
        for at, (items, css) in enumerate(zip(cells, (
                "theirs", "", "ours"))):
            for number, line in enumerate(wrapped(items, place)):
                picture.text(left + at * column + 10,
                             y + place["label"] + 16 + 17 * number, line,
                             f"items {css}")
    picture.box(left, kernel, 3 * column, 34, "kernel")
    picture.text(left + 1.5 * column, kernel + 22, "one kernel, Linux",
                 "title", "middle")
    arrow(picture, left + column / 2, bottom, kernel)
    draw_calls(picture, calls, left + column, bottom, kernel, 2 * column, narrow)
    if own and not calls:
        arrow(picture, left + 2.5 * column, bottom + 4, kernel)
    picture.add("</svg>")
    return "\n".join(picture.lines)


def arrow(picture, x, y, end, stopped=False):
    picture.line(x, y, x, end - (0 if stopped else 8), "arrow")
    if stopped:
        picture.line(x - 7, end - 7, x + 7, end + 7, "cross")
        picture.line(x - 7, end + 7, x + 7, end - 7, "cross")
    else:
        picture.add(f'<path d="M{x - 6:g} {end - 9:g}h12l-6 9z" class="head"/>')


def draw_calls(picture, calls, x, bottom, kernel, width, narrow):
    """An arrow each; those that are stopped end at the wall."""
    if not calls:
        return
    wall = bottom + 62
    step = width / len(calls)
    if any(stopped for _, stopped in calls):
        open_at = [x + step * (n + 0.5) for n, (_, stopped) in enumerate(calls)
                   if not stopped]
        edges = [x] + [edge for at in open_at for edge in (at - 12, at + 12)] + \
            [x + width]
        for start, end in zip(edges[::2], edges[1::2]):
            picture.box(start, wall, end - start, 9, "wall", 1)
        if narrow:
            picture.text(x + width, wall + 27, "the wall", "ours", "end")
        else:
            picture.text(x - 8, wall + 9, "the wall", "ours", "end")
    for number, (words, stopped) in enumerate(calls):
        at = x + step * (number + 0.5)
        rise = 16 * (number % 2) if narrow else 0
        last = narrow and number == len(calls) - 1
        picture.text(x + width if last else at, bottom + 22 + rise, words,
                     "items", "end" if last else "middle")
        arrow(picture, at, bottom + 28 + rise, wall - 3 if stopped else kernel,
              stopped)
