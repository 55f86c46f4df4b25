# SPDX-License-Identifier: MIT
"""From what was seen to results: at most four starts of one submission."""
import pathlib
import re
import shlex
import time

from . import attacks, hand_in
from .dialogue import PROCESS, Start
from .host import PORT, Host, describe
from .image import Image
from .marks import (DAEMONS, Marks, Seen, find, is_bash, members,
                    tools_of)
from .points import Report, clean, requirements
from .results import Results, describe_status, said_words

PATIENCE = 12   # seconds until the shell runs
AGAIN = (1.0, 3.5)  # when to say the first line again: it may be swallowed
AFTER_END = 3       # seconds to wait for the child of one that has ended
ORDINARY_USER = "65534"
WAYS = [[], ["-b", "/bin/bash"], ["/bin/bash"]]
OTHER = ["-b", "/bin/sh"]


def judge(program, image, step=4, names=None, public=False, controls=None,
          points=None):
    """See the package's own words."""
    began = time.monotonic()
    own = not isinstance(image, Image)
    report = Report(pathlib.Path(program), requirements(points), step, names)
    try:
        report.unjudged = hand_in.unable(pathlib.Path(program))
        if not report.unjudged:
            image = Image(image) if own else image
            try:
                Judge(report, image, step, public, controls).run()
            finally:
                if own:
                    image.close()
    finally:
        report.seconds = time.monotonic() - began
    return report


class Judge(Results):
    """Starts, asks and looks; what it comes to is in results.py."""

    def __init__(self, report, image, step, public, controls):
        self.report, self.image, self.step = report, image, step
        self.public, self.controls = public, controls
        self.host = Host(report.program.resolve(), image)
        self.start = self.seen = None
        self.said, self.way, self.spoilt = {}, 0, False

    def wants(self, *names):
        return any(row.name in names for row in self.report.rows)

    def run(self, ways=WAYS, others=True):
        """Start it, by the first of WAYS that runs a shell; OTHERS: then also
        what takes a start of its own."""
        try:
            self.main_start(ways)
            if self.seen and others:
                self.other_starts()
        finally:
            self.host.close()
            changed = self.image.mend()
        if self.seen and self.seen.host_root and self.step >= 3:
            self.waits("image", "image_changed")
        elif self.seen and self.step >= 3:
            self.report.note("image_changed", not changed,
                             "what was written inside is in the image: "
                             + ", ".join(changed[:4]).replace("/.", "/")
                             if changed else "as it was")

    # ---- starts ----

    def begin(self, arguments=(), user=None):
        self.report.starts += 1
        return Start(self.host, arguments, user)

    def find_shell(self, start, patience=PATIENCE):
        """Say the first line until a process has the mark; the PIDs."""
        began, again = time.monotonic(), list(AGAIN)
        start.say(start.first)

        def look():
            found = find(self.host, start.mark)
            if not found and again and \
                    time.monotonic() - began > again[0]:
                again.pop(0)
                start.say(start.first)
            return found

        while True:
            found = start.wait(look, 0.2)
            waited = (time.monotonic() - began) / self.host.pace
            if found or waited > patience:
                return found
            if start.ended():
                start.wait(lambda: look() or self.nobody_left(), AFTER_END)
                return look()

    def nobody_left(self):
        """Then no child of a submission that has ended can begin to obey."""
        return self.host.processes() == self.host.before["processes"]

    def main_start(self, ways):
        """The dialogue, by the first way in which a shell starts."""
        report = self.report
        for number, way in enumerate(ways):
            if report.cheats or report.unjudged:
                return
            start = self.begin(way)
            try:
                found = self.find_shell(
                    start, PATIENCE if number == 0 else PATIENCE / 2)
                if not found:
                    self.why_not(start, number)
                    continue
                self.way = WAYS.index(way)
                self.start = start
                self.talk(found)
                return
            finally:
                start.close()
                if self.host.ended or not found:
                    self.host.close()
                    self.host = Host(report.program.resolve(), self.image)

    def why_not(self, start, number):
        """No shell came of this start: the first one's reason is told."""
        out, err = start.heard()
        pid = find(self.host, start.mark, everywhere=True)
        tools = tools_of(self.host) & DAEMONS
        if pid or tools:
            self.report.unjudged = (
                "cannot be judged: what it runs is the child of a daemon "
                f"({', '.join(sorted(tools)) or pid[0]}), which is not on the "
                "judge's host")
        if number:
            return
        # To print answers is not to compute them.
        talk = len(re.findall(r"@\d*<\w+<|\bmark-|uid=0\(root\)|"
                              r"^USER +PID|\b1: lo:", out, re.M))
        if talk:
            self.report.cheats.append(
                "it prints what answers look like, and no process ran the "
                f"script: {clean(out, 120)}")
        ended = start.ended()
        status = f"ended with {describe_status(start.status)}" \
            if ended else f"did not begin to obey in {PATIENCE} s"
        self.report.note("runs", False, f"no shell ran the script: it "
                         f"{status}; {said_words(out, err)}")

    def talk(self, found):
        """The whole dialogue with a shell that runs."""
        report, start, host = self.report, self.start, self.host
        start.shell = found[0]
        if not host.cgroup.dirs:
            report.remark("this machine has no control groups: plain "
                          "directories stood for them")
        heard = start.ask({"hello": "echo $((6*7))"}).get("hello") == "42"
        self.choose(found)
        if self.seen is None:
            return
        tools = tools_of(host)
        if tools:
            report.remark("it executes a launcher that is ready-made: "
                          + ", ".join(sorted(tools)))
        if self.seen.strange:
            report.remark("the shell inside is not simply the image's: "
                          + self.seen.strange)
        during = host.state()
        marks = Marks(host, self.seen)
        start.say(marks.trap())
        start.ask(self.questions())
        marks.put()
        start.ask(marks.questions())
        during_late = host.state()
        # What is asked at the end may be what kills the shell.
        tried = []
        if self.step >= 3:
            tried += attacks.of_part_4(host)
        if self.step >= 4 and not self.public and self.wants(
                "category", "holes"):
            tried += attacks.chosen(self.controls)
        results, edited = attacks.run(host, self.seen, start, tried)
        report.cheats += edited
        start.ask({"done": "echo 1"}, seconds=1)
        self.look_at(find(host, start.mark))  # a decoy may come late
        marks.take_away()
        # It may have ended already, while its shell still obeys.
        waits = not start.ended() or \
            not members(host, self.seen.namespaces["pid"])
        ended_by_itself = start.end() is not None
        alive_after = ended_by_itself and self.seen.own("pid") and \
            members(host, self.seen.namespaces["pid"])
        self.said = start.answers()
        out, err = start.heard()
        if not ended_by_itself:
            report.find("it did not end with its shell, within 5 seconds, and "
                        "was ended")
        elif not heard and self.said:
            report.remark("its answers came only when it ended")
        after = self.settle()
        agree = marks.agree(self.said)
        silent = not self.said
        self.note_runs(ended_by_itself, heard or bool(self.said), out, err)
        self.note_agreement(agree, silent, found)
        self.part_processes(during, during_late, after)
        self.note_last(ended_by_itself, waits, alive_after)
        if self.step >= 2:
            self.part_network(during, after)
        if self.step >= 3:
            self.part_files(results)
        if self.step >= 4:
            attacks.note(report, self.seen, results, self.controls,
                         self.public)
        if start.arguments == [] and ended_by_itself:
            report.note("exit_status", start.status == 7,
                        f"{describe_status(start.status)} for `exit 7`")
        self.note_printed(out)
        if self.seen:
            report.remark(self.seen.words())

    def choose(self, found):
        """Which of the processes with the mark is the shell: the one that is
        on the host, if there is one beside a decoy that is not."""
        every = self.look_at(found)
        bare = [seen for seen in every if self.is_bare(seen)]
        self.seen = (bare or every or [None])[0]

    def look_at(self, found):
        """A script that runs in more than one place shows a decoy."""
        every = []
        for pid in found:
            try:
                every.append(Seen(self.host, pid))
            except (OSError, TypeError):
                continue
        places = {tuple(sorted(seen.namespaces.items())) + seen.root: seen
                  for seen in [*every, *([self.seen] if self.seen else [])]}
        if len(places) > 1 and not self.report.cheats:
            self.report.cheats.append(
                "the script ran in more than one place: "
                + " / ".join(seen.words() for seen in places.values()))
        return every

    def questions(self):
        """Asked in one go; the marks on the host are asked for, too."""
        host = self.host
        token = host.token
        climb = [f"{prefix}{host.secret}" for prefix in
                 ("", "/proc/1/root", "/proc/self/root", "/..",
                  "/../../../../../..", "/old_root", "/oldroot", "/.old_root",
                  "/put_old", "/.pivot_root", "/old", "/mnt")]
        return {
            "pid": "echo $$",
            "procs": "set -- /proc/[0-9]*; [ -e $1 ] && echo $# || echo 0",
            "seen": PROCESS.format(token, 1),
            "ps": "ps aux | grep -c .",
            "pslist": f"case $(ps aux) in *{token}*) echo 1 ;; esac",
            "links": "while IFS=': ' read -r l r; do case $r in [0-9]*) "
                     "echo $l ;; esac; done </proc/net/dev",
            "ip": "ip -o link | cut -d: -f2",
            "sys": "ls /sys/class/net",
            "lo": "ip -o link show lo",
            "service": f"exec 3<>/dev/tcp/127.0.0.1/{PORT} && "
                       "read -r -t 1 l <&3; echo \"$l\"",
            "files": f"for f in {' '.join(climb)}; do read -r l <$f && "
                     "echo $l:$f; done",
            "here": "[ -e /home/student ] && [ -e /home/student/"
                    f"{shlex.quote(host.program.name)} ] && echo yes",
            "fd": "cat <&9",
            "env": "echo $GRADE_SECRET",
            "table": "grep -c -e os_isolate-image -e /student "
                     "/proc/self/mountinfo",
            "touch": "touch /grade-was-here /usr/grade-was-here",
        }

    def settle(self):
        """What the program has done to its host, by the end. A process that
        ends a moment later is no finding; the rest is."""
        host, report = self.host, self.report
        deadline = time.monotonic() + 2 * host.pace
        while True:
            now = host.state()
            left = [one for one in now["processes"]
                    if one not in host.before["processes"]]
            if not left or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        for part in ("mounts", "links", "name", "cgroups", "processes"):
            if now[part] != host.before[part]:
                report.find(describe(part, host.before[part], now[part]))
                self.spoilt = True  # not for another start
        return now

    # ---- the other starts ----

    def other_starts(self, one=False):
        """ONE: a single start answers both questions, if an ordinary user's
        makes a sandbox."""
        if self.spoilt or self.host.ended:
            self.host.close()
            self.host = Host(self.report.program.resolve(), self.image)
        one = one and self.wants("binary") and self.wants("no_root")
        if self.wants("binary") and not one:
            self.binary()
        if self.wants("no_root") and not self.no_root(one) and one:
            self.binary()

    def binary(self):
        """-b with another shell, which must be another."""
        if self.way == 2:
            self.report.note("binary", False, "-b did not start a shell")
            return
        start = self.begin(OTHER)
        try:
            said, bash = self.which_shell(start)
            start.end(2)
        finally:
            start.close()
        self.note_binary(start, said, bash)

    def which_shell(self, start):
        """What a shell says of itself: a match of its name, its version if it
        is bash, its PID; and whether it is bash, seen from outside."""
        computed = start.first.partition("mark-")[2].split()[0]
        start.say(f"\necho \"@{computed}<$0:${{BASH_VERSION:-none}}:$$>@\"\n")
        start.wait(lambda: shell_said(start) or start.ended(), PATIENCE)
        start.wait(lambda: shell_said(start), AFTER_END)
        said = shell_said(start)
        return said, is_bash(self.host, said and said[3])

    def note_binary(self, start, said, bash):
        # Some answers come only when the program ends.
        said = said or shell_said(start)
        if said:
            name, version, _ = said.groups()
            right = not bash and (version == "none" or name.endswith("sh")
                                  and not name.endswith("bash"))
            self.report.note("binary", right, f"{name} ran" if right else
                             "it ran bash for `-b /bin/sh`")
        elif not self.said:
            self.report.note("binary", "skip",
                             "nothing was heard from inside")
        else:
            self.report.note("binary", False, "/bin/sh did not answer; "
                             + said_words(*start.heard()))

    def no_root(self, other):
        """Without root clone fails; then nothing must run on the host. OTHER:
        by -b with another shell, which is looked at as well. Did one run?"""
        report = self.report
        if report.result("pid_1").status != "pass":
            report.note("no_root", "skip", "not counted until pid_1 passes",
                        "pid_1")
            return False
        start = self.begin(OTHER if other else WAYS[self.way], ORDINARY_USER)
        try:
            shell = self.which_shell(start) if other else None
            found = self.find_shell(start, 4)
            bad = set(found) & set(members(self.host,
                                           self.host.namespaces["pid"]))
            start.end(1)
        finally:
            start.close()
        status = describe_status(start.status)
        report.note("no_root", not bad,
                    "the program ran among the host's processes: is clone's "
                    "result looked at?" if bad else
                    "it made a sandbox without root" if found else
                    f"ended with {status}; {said_words(*start.heard())}")
        if found and shell:
            self.note_binary(start, *shell)
        return bool(found)


def shell_said(start):
    """What which_shell() asked for, as far as it has been heard."""
    sign = start.mark.partition("-")[2]
    return re.search(rf"@{sign}<(.*?):(.*?):(\d+)>@", "".join(start.heard()))
