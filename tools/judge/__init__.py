# SPDX-License-Identifier: MIT
"""The judge: does a program with the homework's interface isolate?

What other tools may use (tools/grade does, and so does a hand-out's
`make try`); all else in this package may change:

    judge.requirements(points_file=None)
        The requirements in their order, as points.Requirement: name, step,
        points, title, by_hand, expected, why, hints.

    judge.judge(program, image, step=4, names=None, public=False,
                controls=None)
        Run PROGRAM (a path) on a simulated host whose IMAGE (a path) is the
        root file system, at most four times; a points.Report. STEP leaves out
        the parts after step N, NAMES is a set of the requirements to look
        at, or None for all. PUBLIC leaves out part 5 and the checks that are
        hidden from students until they hand in. CONTROLS is what
        judge.controls(image) returned, to use it for a whole class.
        Needs root, and that prepare() has been called.

    judge.Image(path)
        A copy of the root file system, to be used as IMAGE for a whole class;
        close() it in the end.

    judge.controls(image)
        What the attacks of part 5 do in sandboxes of the judge's own.

    judge.prepare()
        Take a mount table of one's own, once a process, before all else.
        Raises judge.Fault where the machine does not let us.

    Report.total(), Report.results[name].status ("pass", "fail", "skip",
    "human"), .got, .needs; Report.findings, .remarks, .cheats
    judge.formats.as_text(reports, hints=1) and its like

A Fault is the machine's, never the submission's.

The modules: host (the simulated host), image, cgroup, dialogue (a start of
the program, and what is asked), marks (what the judge sees from outside, and
puts in), checks (the starts of one submission), tree (of four programs),
results (from what was seen to results), attacks (part 5), points (the
requirements, a report), formats, hand_in (build what was handed in).
"""
from . import formats
from .attacks import controls
from .checks import judge
from .host import Fault, prepare
from .image import Image
from .points import Report, Requirement, Result, requirements

__all__ = ["judge", "requirements", "controls", "prepare", "formats", "Fault",
           "Image", "Report", "Requirement", "Result"]
