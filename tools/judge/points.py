# SPDX-License-Identifier: MIT
"""The requirements, with what a student needs to know of each; a report."""
import dataclasses
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
POINTS = TOP / "tests/grade/points.txt"
TEXTS = pathlib.Path(__file__).with_name("requirements.txt")


@dataclasses.dataclass
class Requirement:
    """What is asked, and what is said about it. With 0 points a remark."""
    name: str
    step: int
    points: float
    title: str
    by_hand: str = ""   # what to type to see it oneself
    expected: str = ""
    why: str = ""
    hints: tuple = ()   # from a question to a manual page; never our sources


@dataclasses.dataclass
class Result:
    """status: pass, fail, skip (it could not be tried, or hangs on another),
    human (it was tried, and a person must decide)."""
    status: str
    got: str
    needs: str = ""     # the requirement that this one waits for


def clean(text, limit=400):
    """One line, without what XML, terminals and people do not want."""
    text = re.sub(r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]", "?",
                  " ".join(str(text).split()))
    return text if len(text) <= limit else \
        f"{text[:limit // 2]} ... {text[-limit // 2:]}"


def read_texts():
    """name -> {field: text}, of requirements.txt; its head says how."""
    texts, name = {}, None
    for line in TEXTS.read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(" "):
            name = line.strip()
            texts[name] = {"hints": []}
            continue
        field, _, words = line.strip().partition(": ")
        if field == "hint":
            texts[name]["hints"].append(words)
        else:
            texts[name][field] = words
    return texts


def requirements(points_file=None):
    """In the order of the file of points."""
    texts, rows = read_texts(), []
    for line in pathlib.Path(points_file or POINTS).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, step, points, title = (f.strip() for f in line.split("|"))
            text = texts.get(name, {"hints": []})
            rows.append(Requirement(
                name, int(step), float(points), title, text.get("by hand", ""),
                text.get("expected", ""), text.get("why", ""),
                tuple(text["hints"])))
    return rows


class Report:
    """What is known of one submission."""

    def __init__(self, program, rows, step=4, names=None):
        self.program, self.step = program, step
        self.rows = [row for row in rows if row.step <= step and
                     (names is None or row.name in names)]
        self.results = {}
        self.findings = []  # for the student: what the program did to the host
        self.remarks = []   # for the instructor, and no loss of points
        self.cheats = []    # what inside and outside say does not agree: 0
        self.unjudged = ""  # why this machine cannot judge it at all
        self.seconds = 0.0
        self.starts = 0

    def note(self, name, passed, got, needs=""):
        """PASSED is True, False, or a status in words."""
        status = passed if isinstance(passed, str) else \
            "pass" if passed else "fail"
        self.results[name] = Result(status, clean(got, 2000), needs)

    def find(self, words):
        if clean(words) not in self.findings:
            self.findings.append(clean(words))

    def remark(self, words):
        if clean(words) not in self.remarks:
            self.remarks.append(clean(words))

    def result(self, name):
        """A result that was never noted is one that was not tried."""
        return self.results.get(name) or Result(
            "skip", self.unjudged or "not tried, since bash did not run",
            "" if self.unjudged else "runs")

    def got(self, row):
        """The points for this row: all or none."""
        return row.points if not self.cheats and \
            self.result(row.name).status == "pass" else 0

    def total(self):
        return (sum(self.got(row) for row in self.rows),
                sum(row.points for row in self.rows))

    def passed(self):
        return not self.cheats and all(
            self.result(row.name).status == "pass"
            for row in self.rows if row.points)
