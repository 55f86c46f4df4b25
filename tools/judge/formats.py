# SPDX-License-Identifier: MIT
"""What a report looks like: for people, and for the field's machines."""
import csv
import io
import json
import time
from xml.sax import saxutils

from .points import clean

STATUS = {"pass": "pass", "fail": "FAIL", "skip": "skip", "human": "ask "}


def name_of(report):
    return clean(str(report.program))


def rows_of(report):
    """(row, result, points got), in the order of the file of points."""
    for row in report.rows:
        yield row, report.result(row.name), report.got(row)


def outcome(report, row, result):
    """pass, fail, skip, or "error" for the first row of what was not judged:
    readers of TAP and JUnit take a report of nothing but skips for a good one.
    """
    if report.unjudged and row is report.rows[0]:
        return "error"
    if report.cheats or result.status == "fail":
        return "fail"
    return "pass" if result.status == "pass" else "skip"


def as_text(reports, hints=1):
    lines = []
    for report in reports:
        lines.append(name_of(report))
        if report.unjudged:
            lines.append(f"  not judged: {clean(report.unjudged)}")
        for words in report.cheats:
            lines.append(f"  0 points: {clean(words)}")
        part = 0
        for row, result, got in sorted(rows_of(report),
                                       key=lambda one: one[0].step):
            if row.step != part:
                part = row.step
                lines.append(f"  part {part + 1}")
            lines += row_as_text(row, result, got, hints,
                                 bool(report.unjudged))
        for words in report.findings:
            lines.append(f"  finding: {words}")
        for words in report.remarks:
            lines.append(f"  remark: {words}")
        got, worth = report.total()
        asked = [row.name for row, result, _ in rows_of(report)
                 if result.status == "human"]
        lines.append(f"  total {got:g} of {worth:g}" + (
            f"; for a person to decide: {', '.join(asked)}" if asked else ""))
    return "\n".join(lines) + "\n"


def row_as_text(row, result, got, hints, short):
    mark = STATUS[result.status] if row.points or result.status == "pass" \
        else "note"
    score = f"{got:4g}/{row.points:<4g}" if row.points else " " * 9
    lines = [f"    {mark} {score} {row.title} [{row.name}]"]
    if short or result.status == "pass" and row.name != "category":
        return lines
    if result.status == "skip" and not row.points:
        return []  # a remark that cannot be made
    indent = " " * 9
    if result.status == "pass":
        return lines + [f"{indent}{result.got}"]
    if result.status == "skip":
        return lines + [f"{indent}{result.got}"]
    lines.append(f"{indent}got:      {result.got}")
    if row.expected:
        lines.append(f"{indent}expected: {row.expected}")
    lines.append(f"{indent}try:      {row.by_hand}")
    if row.points:
        lines.append(f"{indent}why:      {row.why}")
        lines += [f"{indent}hint:     {hint}" for hint in row.hints[:hints]]
    return lines


def as_tap(reports, hints=0):
    """TAP version 14."""
    def escaped(words):
        return words.replace("\\", "\\\\").replace("#", "\\#")

    lines, number = ["TAP version 14", None], 0
    for report in reports:
        for row, result, _ in rows_of(report):
            words = escaped(f"{name_of(report)}: {row.name}: {row.title}")
            came = outcome(report, row, result)
            if row.points:
                number += 1
                skip = f" # SKIP {result.got}" if came == "skip" else ""
                good = "not ok" if came in ("fail", "error") else "ok"
                lines.append(f"{good} {number} - {words}{skip}")
                if good == "not ok":
                    lines += ["  ---",
                              f"  got: {json.dumps(result.got)}",
                              f"  expected: {json.dumps(row.expected)}",
                              "  ..."]
            elif result.status == "fail":
                lines.append(f"# remark: {name_of(report)}: {row.name}: "
                             f"{row.title}: {result.got}")
        for words in [*report.cheats, *report.findings, *report.remarks]:
            lines.append(f"# {name_of(report)}: {clean(words)}")
    lines[1] = f"1..{number}"
    return "\n".join(lines) + "\n"


def as_junit(reports, hints=1):
    """By the schema tests/grade/junit.xsd, which its readers accept."""
    attr = saxutils.quoteattr
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for number, report in enumerate(reports):
        rows = [(row, result, outcome(report, row, result))
                for row, result, _ in rows_of(report) if row.points]
        count = {one: sum(came == one for _, _, came in rows)
                 for one in ("fail", "error", "skip")}
        began = time.strftime("%Y-%m-%dT%H:%M:%S",
                              time.gmtime(time.time() - report.seconds))
        lines.append(
            f"<testsuite package=\"os_isolate\" id=\"{number}\" "
            f"name={attr(name_of(report))} hostname=\"localhost\" "
            f"timestamp=\"{began}\" time=\"{report.seconds:.3f}\" "
            f"tests=\"{len(rows)}\" failures=\"{count['fail']}\" "
            f"errors=\"{count['error']}\" skipped=\"{count['skip']}\">")
        lines.append("<properties/>")
        for row, result, came in rows:
            lines.append(
                f"<testcase classname={attr(f'os_isolate.part{row.step + 1}')}"
                f" name={attr(f'{row.name}: {row.title}')} time=\"0.000\">")
            words = clean("; ".join(report.cheats) or result.got) or "-"
            if came == "skip":
                lines.append(f"<skipped message={attr(words)}/>")
            elif came != "pass":
                kind = "failure" if came == "fail" else "error"
                told = saxutils.escape("\n".join(row_as_text(
                    row, result, 0, hints, False)))
                lines.append(f"<{kind} message={attr(words)} "
                             f"type=\"requirement\">{told}</{kind}>")
            lines.append("</testcase>")
        words = [*report.cheats, *report.findings, *report.remarks]
        lines.append("<system-out>" + saxutils.escape(clean(
            "\n".join(words), 4000)) + "</system-out>")
        lines.append("<system-err>" + saxutils.escape(clean(report.unjudged))
                     + "</system-err>")
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def as_gradescope(reports, hints=1):
    """results.json. Remarks are no tests there: Gradescope shows one without
    points as failed."""
    report = reports[0]
    tests = []
    for row, result, got in rows_of(report):
        if not row.points:
            continue
        tests.append({
            "name": row.title, "number": str(row.step + 1), "score": got,
            "max_score": row.points, "output": "\n".join(
                line.strip() for line in row_as_text(
                    row, result, got, hints, False)[1:]) or clean(result.got),
            "status": "passed" if got == row.points else "failed",
            # Part 5 is shown when the work is due: it would tell the attacks.
            "visibility": "after_due_date" if row.step == 4 else "visible"})
    words = [f"0 points: {one}" for one in report.cheats]
    words += [f"finding: {one}" for one in report.findings]
    words += [f"remark: {one.name}: {result.got}"
              for one, result, _ in rows_of(report)
              if not one.points and result.status == "fail"]
    if report.unjudged:
        words.insert(0, f"not judged: {report.unjudged}")
    return json.dumps({
        "score": report.total()[0], "execution_time": round(report.seconds, 3),
        "output": "\n".join(clean(one) for one in words),
        "output_format": "text", "visibility": "visible",
        "stdout_visibility": "hidden", "tests": tests}, indent=1) + "\n"


def gradescope_fault(words):
    """A results.json where the judge itself could not work."""
    return json.dumps({"score": 0, "output": "The judge could not work, and "
                       "this is not your fault: " + clean(words),
                       "visibility": "visible", "tests": []}, indent=1) + "\n"


def as_autolab(reports, hints=1):
    """For people, and then the scores as Autolab reads them: the last line."""
    scores = {row.name: got for row, _, got in rows_of(reports[0])
              if row.points}
    return as_text(reports, hints) + json.dumps({"scores": scores}) + "\n"


def as_csv(reports, hints=0):
    """A line for each submission, a column for each requirement; the last
    line counts how often each was not passed."""
    rows = reports[0].rows if reports else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["submission", "total", "of", "seconds", "note",
                     *[row.name for row in rows]])
    missed = {row.name: 0 for row in rows}
    for report in reports:
        for row, result, _ in rows_of(report):
            missed[row.name] += result.status != "pass"
        note = "; ".join([report.unjudged, *report.cheats]).strip("; ")
        writer.writerow([name_of(report), *[f"{one:g}" for one in
                                            report.total()],
                         f"{report.seconds:.1f}", clean(note),
                         *[report.result(row.name).status for row in rows]])
    writer.writerow(["not passed", "", "", "", "",
                     *[missed[row.name] for row in rows]])
    return out.getvalue()


FORMATS = {"text": as_text, "tap": as_tap, "junit": as_junit,
           "gradescope": as_gradescope, "autolab": as_autolab, "csv": as_csv}
ALONE = {"gradescope", "autolab"}  # of one submission each
