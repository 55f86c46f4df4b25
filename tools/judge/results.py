# SPDX-License-Identifier: MIT
"""From what was heard inside and seen from outside to results."""
import re
import signal

from .host import PLACE, describe
from .points import clean


class Results:
    """Half of checks.Judge, which has what is used here: report, start, said
    (the answers), seen (marks.Seen), host, way (which of WAYS it was)."""

    def note_runs(self, ended, heard, out, err):
        report = self.report
        if self.way == 1:
            report.remark("it needs -b: without arguments no shell ran")
        if self.way == 2:
            report.remark("it takes the program as its first argument, "
                          "without -b")
        if not heard:
            report.remark("nothing of what the shell answered was heard; "
                          "judged by what is seen from outside")
        words = "the script's answers" if heard else "seen from outside"
        if self.way == 0:
            report.note("runs", ended, words if ended else
                        words + "; but it did not end with its shell")

    def note_agreement(self, agree, silent, found):
        """What inside and outside say must be the same."""
        seen, said, report = self.seen, self.said, self.report
        if silent:
            return
        if not said.get("pid"):
            report.remark("the shell inside cannot start a process: it can "
                          "make no other answer")
            return
        missing = [kind for kind, yes in agree.items() if yes is False]
        if set(agree.values()) == {None}:
            report.remark("none of the questions about the judge's marks was "
                          "answered")
        elif agree["file"] is None:
            report.remark("no place in its root took the judge's file")
        if seen.own("pid") and "process" in missing and \
                not said.get("procs", "0").strip("0"):
            missing.remove("process")  # there is no /proc to see it in
        if "address" in missing and not said.get("links"):
            missing.remove("address")
        told = said.get("pid")
        if told and told != seen.numbers[-1]:
            report.cheats.append(
                f"inside it says that it is process {told}, from outside it "
                f"is {seen.numbers[-1]}")
        # Where answers come late, a mark may have been gone too soon.
        if len(missing) >= (2 if self.start.hears else 3) or \
                "file" in missing and self.start.hears:
            report.cheats.append(
                "what the judge put into the process that runs the script "
                f"({', '.join(missing)}) is not what its answers report")
        elif missing:
            report.remark("not reported by the payload, though put there: "
                          + ", ".join(missing))
        bare = self.is_bare(seen) and not seen.own("net")
        clean_answers = not said.get("seen") and \
            self.host.token[:8] not in said.get("links", self.host.token)
        if bare and clean_answers:
            report.cheats.append("the script ran on the host itself, and its "
                                 "answers say that it did not")

    def note_printed(self, out):
        rest = re.sub(r"@\d+<\w+<.*?>@", "", out, flags=re.S).strip()
        self.report.note("prints_more", not rest,
                         rest if rest else "nothing")

    def note_last(self, ended, waits, alive_after):
        """Who calls the program must not get on before all is over."""
        report = self.report
        needs = "runs" if not ended else \
            "pid_1" if report.result("pid_1").status != "pass" else ""
        if needs:
            report.note("ends_last", "skip", f"not counted until {needs} "
                        "passes", needs)
            return
        report.note("ends_last", waits and not alive_after,
                    "it had ended before the shell was told to exit"
                    if not waits else
                    "it ended, and processes of its sandbox were still there"
                    if alive_after else "its sandbox ended first")

    def part_processes(self, during, late, after):
        report, said, seen, host = self.report, self.said, self.seen, self.host
        own = seen.own("pid")
        pid = int(seen.numbers[-1])
        report.note("pid_1", own and pid < 10, f"$$ is {pid}" + (
            "" if own and pid == 1 else ", an init before it"
            if own and pid < 10 else ", in the host's numbering"
            if not own else ", in a numbering of its own that began before"))
        count = said.get("procs", "")
        listed = count.isdigit() and 0 < int(count) < 12
        hidden = not said.get("seen") and not said.get("pslist") and \
            not seen.lists_host
        if not said and own:
            report.note("ps", "skip", "nothing was heard from inside")
        else:
            report.note("ps", own and listed and hidden,
                        "the host's processes are listed" if said and
                        (not hidden or not own) else
                        f"{count or 'no'} processes in /proc, "
                        f"{said.get('ps', 'no')} lines of ps aux")
        same = during["mounts"] == late["mounts"] == \
            after["mounts"] == host.before["mounts"]
        words = "the same mount table before, during and after" if same else \
            describe("mounts", host.before["mounts"], "\n".join(
                (during["mounts"], late["mounts"], after["mounts"])))
        if same and report.result("ps").status != "pass":
            # To do nothing is no way to pass.
            report.note("host_proc", "skip", words + "; not counted until ps "
                        "passes", "ps")
        else:
            report.note("host_proc", same, words)
        left = after["processes"] == host.before["processes"]
        if left and not own:
            report.note("nothing_left", "skip", "the same processes as "
                        "before; not counted until pid_1 passes", "pid_1")
        else:
            report.note("nothing_left", left, "the same processes as before"
                        if left else describe(
                            "processes", host.before["processes"],
                            after["processes"]))
        report.note("groups_left", after["cgroups"] == host.before["cgroups"],
                    "none" if after["cgroups"] == host.before["cgroups"] else
                    describe("cgroups", host.before["cgroups"],
                             after["cgroups"]))

    def part_network(self, during, after):
        report, said, seen, host = self.report, self.said, self.seen, self.host
        device = f"dev-{host.token[:8]}"
        own = seen.own("net")
        listed = re.split(r"[|\s]+", said.get("links", "") + " " +
                          said.get("ip", ""))
        listed = dict.fromkeys(name.partition("@")[0] for name in listed)
        listed.pop("", None)
        words = " ".join(listed) or "no device was listed"
        reached = said.get("service", "") == f"service-{host.token}"
        if own and not said:
            report.note("links", "skip", "nothing was heard from inside")
        else:
            report.note("links", own and device not in words and
                        not reached and listed, words + (
                            "" if own else "; it is in the host's net "
                            "namespace") + ("; it reaches the host's 127.0.0.1"
                                            if reached else ""))
        report.note("sysfs", said and device not in said.get("sys", ""),
                    said.get("sys", "").replace("|", " ") or
                    "no /sys/class/net")
        report.note("lo", "UP" in said.get("lo", ""), said.get("lo") or "-")
        if not own:  # what is the host's own is no merit
            self.waits("links", "sysfs", "lo")
        same = host.before["links"] == after["links"] == during["links"]
        if same and report.result("links").status != "pass":
            report.note("host_links", "skip", "the same devices as before; "
                        "not counted until links passes", "links")
        else:
            report.note("host_links", same, "the same devices as before"
                        if same else describe("links", host.before["links"],
                                              after["links"]))

    def part_files(self, results):
        report, said, seen, host = self.report, self.said, self.seen, self.host
        report.note("image", not seen.host_root and seen.own("mnt"),
                    f"/ is {seen.root_words()}, and the mount namespace is "
                    + ("its own" if seen.own("mnt") else "the host's"))
        files = said.get("files", "")
        found = host.token in files or "yes" in (said.get("here"),
                                                 said.get("late"))
        if seen.host_root:
            report.note("host_files", False, "/ is the host's")
        elif not seen.own("mnt") and not found:
            report.note("host_files", "skip", "no file was found; not counted "
                        "until image passes", "image")
        else:
            report.note("host_files", not found and not seen.left,
                        "a directory of the host is mounted at "
                        + ", ".join(seen.left[:3]) if seen.left else
                        "a file of the host was found: "
                        + (files.partition(":")[2].partition("|")[0]
                           or str(PLACE))
                        if found else
                        "no mount, and none of the paths that were tried")
        escape = results.get("chroot_breakout {marker}")
        if seen.host_root or not seen.own("mnt") and not seen.chrooted:
            report.note("chroot_escape", "skip", "not counted until image "
                        "passes", "image")
        elif escape is None or escape.state == "untried":
            if seen.chrooted and seen.capabilities[-5:] != "0" * 5:
                report.note("chroot_escape", False, "its root is a chroot: "
                            "the host's is above it")
            elif seen.chrooted:
                report.note("chroot_escape", "human", "its root is a chroot; "
                            "the attack could not be tried")
            else:
                report.note("chroot_escape", True, "above its root is nothing"
                            " (seen from outside)")
        else:
            report.note("chroot_escape", escape.state != "open",
                        escape.evidence + (
                            "; its root is a chroot" if seen.chrooted else
                            "; above its root is nothing"))
        handles = seen.handles
        report.note("descriptors", not handles and host.token not in
                    said.get("fd", ""),
                    f"descriptor {', '.join(handles)} is a file of the host"
                    if handles else "none")
        report.note("mount_table", said.get("table", "0") == "0",
                    f"lines that name one: {said.get('table', 'none')}")
        if not seen.own("mnt"):
            self.waits("image", "mount_table")
        report.note("environment", not said.get("env"),
                    "GRADE_SECRET is there" if said.get("env") else "none")

    def waits(self, needs, *names):
        """These hang on another requirement."""
        for name in names:
            self.report.note(name, "skip",
                             f"not counted until {needs} passes", needs)

    def is_bare(self, seen):
        return not seen.own("pid") and seen.host_root


def describe_status(status):
    if status is None:
        return "no exit status"
    if status < 0 or 128 < status < 160:
        number = -status if status < 0 else status - 128
        try:
            return f"status {status} ({signal.Signals(number).name})"
        except ValueError:
            pass
    return f"status {status}"


def said_words(out, err):
    """The first and the last lines of what was said."""
    def ends(text):
        lines = [line for line in text.splitlines() if line.strip()]
        return " / ".join(lines if len(lines) < 4 else
                          [*lines[:2], "...", *lines[-2:]])

    words = []
    if out.strip():
        words.append(f"stdout: {clean(ends(out), 160)}")
    if err.strip():
        words.append(f"stderr: {clean(ends(err), 200)}")
    return "; ".join(words) or "it said nothing"
