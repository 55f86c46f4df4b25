# SPDX-License-Identifier: MIT
"""A tree of four programs, one for each step: at most four starts in all, and
a fifth where an ordinary user makes no sandbox.

The last step's program holds all that the others do. So it is asked for
everything, and another one only for what did not pass: step 2's in the middle,
and then step 1's or step 3's. What needs a start of its own comes last, and is
asked of the best one.
"""
from .checks import WAYS, Judge
from .hand_in import unable
from .points import Report

MAINS = 3
OTHERS = {"binary", "no_root"}


def judge_tree(report, programs, why, image, public, controls):
    """PROGRAMS is {step: path}; WHY is the compiler's error where one was not
    made. It all comes into REPORT."""
    if why:
        report.remark(why)
    todo = {step: path for step, path in programs.items()
            if step <= report.step}
    ran = []
    while report.starts < MAINS and not report.cheats:
        step = next_step(report, todo)
        if not step:
            break
        path = todo.pop(step)
        names = {row.name for row in report.rows if row.step <= step and
                 report.result(row.name).status != "pass"}
        one = Report(path, report.rows, step, names - OTHERS)
        one.unjudged = unable(path)
        if not one.unjudged:
            judge = Judge(one, image, step, public, controls)
            judge.run(WAYS[:1], others=False)
            if judge.seen:
                ran.append(judge)
        add(report, one, step)
    for row in report.rows:
        if not any(row.step <= step for step in programs):
            report.note(row.name, "skip",
                        f"step{row.step}_*/os_isolate was not made")
    if ran and not report.cheats:
        ask_others(report, max(ran, key=lambda judge: (isolates(judge.report),
                                                       judge.step)))


def isolates(report):
    return report.result("pid_1").status == "pass"


def next_step(report, todo):
    """Whose program is asked now, of those TODO; None if no one's."""
    if not report.starts:
        return max(todo, default=None)
    # What is asked last needs a program that isolates.
    left = {row.step for row in report.rows if
            (not isolates(report) if row.name in OTHERS else
             row.points and report.result(row.name).status != "pass")}
    if left & {1, 2} and 2 in todo:
        return 2
    return min(left & set(todo), default=None)


def ask_others(report, best):
    """What takes starts of its own, of BEST, a judge that has looked."""
    last = Report(best.report.program, report.rows, best.step,
                  OTHERS & {row.name for row in report.rows})
    last.results["pid_1"] = best.report.result("pid_1")
    judge = Judge(last, best.image, best.step, best.public, best.controls)
    judge.said = best.said
    try:
        judge.other_starts(one=report.starts >= MAINS)
    finally:
        judge.host.close()
        best.image.mend()
    add(report, last, best.step)


def add(report, one, step):
    """ONE's results, where they are better, or its own step's."""
    steps = {row.name: row.step for row in report.rows}
    for name, found in one.results.items():
        old = report.results.get(name)
        if old is None or found.status == "pass" or \
                old.status != "pass" and steps.get(name) == step:
            report.results[name] = found
    for words in one.findings:
        report.find(f"step {step}: {words}")
    for words in one.remarks + ([one.unjudged] if one.unjudged else []):
        report.remark(f"step {step}: {words}")
    report.cheats += one.cheats
    report.starts += one.starts
