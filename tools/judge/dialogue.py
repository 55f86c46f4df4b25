# SPDX-License-Identifier: MIT
"""One start of a submission, and the dialogue with what runs in it.

Nothing that is expected stands in what is said: each start has numbers of its
own, and the shell inside computes from them the name that it runs under and
the sign that begins each answer. A program that recites the script shows
neither.
"""
import contextlib
import fcntl
import os
import pathlib
import random
import re
import selectors
import signal
import subprocess
import termios
import time

# By the shell alone: an image need not have cat, grep and the like.
# Is there a process that is called so? Its name ends with a zero byte.
PROCESS = ("for f in /proc/[0-9]*/cmdline; do read -r -d '' l <$f; "
           "case $l in *{}*) echo {}; break ;; esac; done")
LINE = "while read -r l; do case $l in *{}*) echo yes; break ;; esac; done <{}"

# -p: no function, and no BASH_ENV, of the launcher's that would answer for it.
OPTIONS = ["--norc", "-p"]
ANSWER = 5      # seconds for one round of answers
KEEP = 1 << 20  # bytes of output that are looked at


class Start:
    def __init__(self, host, arguments=(), user=None):
        self.host, self.arguments = host, list(arguments)
        pick = random.SystemRandom()
        a, b, c, d = (pick.randrange(10007, 99991) for _ in range(4))
        self.mark, self.sign = f"mark-{a * b}", str(c * d)
        # Another shell's exec may have no -a.
        self.first = (f"export N=$(({c}*{d})); exec /bin/bash -p -c '"
                      f"exec -a mark-$(({a}*{b})) /bin/bash "
                      f"{' '.join(OPTIONS)}'\n")
        self.out, self.err, self.status = b"", b"", None
        self.hears = True  # answers arrive at once
        self.shell = None  # its PID, once it is known
        self.process, self.master, self.tells = host.start(arguments, user)
        os.set_blocking(self.tells, False)
        os.set_blocking(self.process.stdin.fileno(), False)
        self.pace = host.pace
        self.selector = selectors.DefaultSelector()
        for name in ("stdout", "stderr"):
            pipe = getattr(self.process, name)
            os.set_blocking(pipe.fileno(), False)
            self.selector.register(pipe, selectors.EVENT_READ, name)

    # ---- plumbing ----

    def read(self, seconds):
        """What comes within so many seconds; at most one round."""
        if not self.selector.get_map():
            time.sleep(min(seconds, 0.02))
            return
        for key, _ in self.selector.select(seconds):
            data = b""
            with contextlib.suppress(OSError):
                data = os.read(key.fd, 65536)
            if not data:
                self.selector.unregister(key.fileobj)
            elif key.data == "stdout":
                self.out = (self.out + data)[:KEEP]
            else:
                self.err = (self.err + data)[:KEEP]

    def wait(self, ready, seconds, patient=False):
        """Read until READY() is true; what it returned last. The time is that
        of an idle machine; PATIENT begins it anew whenever something comes,
        up to ten times."""
        seconds *= self.pace
        deadline = last = time.monotonic() + seconds
        if patient:
            last += 9 * seconds
        while True:
            result = ready()
            if result or time.monotonic() > deadline:
                return result
            before = len(self.out) + len(self.err)
            self.read(0.02)
            if patient and len(self.out) + len(self.err) != before:
                deadline = min(last, time.monotonic() + seconds)

    def say(self, text):
        """Write it all to the program's standard input, if it takes it."""
        data, deadline = text.encode(), \
            time.monotonic() + ANSWER * self.pace
        while data and time.monotonic() < deadline:
            try:
                data = data[os.write(self.process.stdin.fileno(), data):]
            except BlockingIOError:
                self.read(0.02)
            except (OSError, ValueError):
                return

    def ended(self):
        """Has the program ended? Then its exit status is known, as a shell
        tells it."""
        if self.status is None:
            with contextlib.suppress(BlockingIOError):
                text = os.read(self.tells, 16)
                self.status = int(text) if text.strip() else 255
        return self.status is not None

    def heard(self):
        """All that was printed, as text: (stdout, stderr)."""
        return (self.out.decode(errors="replace"),
                self.err.decode(errors="replace"))

    # ---- the dialogue ----

    def answers(self):
        """key -> answer, of all that have arrived."""
        text = "\n".join(self.heard())
        return dict(re.findall(
            rf"@{self.sign}<(\w+)<(.*?)>@", re.sub(r"\r?\n", " ", text)))

    def ask(self, questions, seconds=ANSWER):
        """QUESTIONS maps a key to a command of the shell; wait for the
        answers, unless this program's are known to come late."""
        lines = [f"x=$( {{ {command}; }} 2>/dev/null ); "
                 f"echo \"@$N<{key}<${{x//$'\\n'/|}}>@\"\n"
                 for key, command in questions.items()]
        self.say("".join(lines))
        if self.hears:
            last = list(questions)[-1]
            self.hears = bool(self.wait(
                lambda: last in self.answers() or
                (self.ended() and not self.selector.get_map()), seconds,
                patient=True))
        if not self.hears:
            self.let_it_work()
        return self.answers()

    def let_it_work(self, seconds=ANSWER):
        """Its answers come late, so look whether the shell has done what it
        was told: all is read, and it has had no child for a while."""
        calm = 0

        def idle():
            nonlocal calm
            size = bytearray(4)
            with contextlib.suppress(OSError, ValueError):
                fcntl.ioctl(self.process.stdin.fileno(), termios.FIONREAD,
                            size)
            busy = any(size)
            with contextlib.suppress(OSError):
                busy = busy or self.shell and pathlib.Path(
                    f"/proc/{self.shell}/task/{self.shell}/children"
                ).read_text().strip()
            calm = 0 if busy else calm + 1
            return calm > 10 or self.ended()

        self.wait(idle, seconds)

    def end(self, seconds=ANSWER):
        """Say good-bye, and wait; the exit status, None if it goes on."""
        self.say("exit 7\n")
        with contextlib.suppress(OSError, ValueError):
            self.process.stdin.close()
        self.wait(self.ended, seconds, patient=True)
        while self.selector.get_map() and self.selector.select(0.05):
            self.read(0)
        return self.status

    def close(self):
        """End it, if it has not ended; the host's own end does the rest."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        for pipe in (self.process.stdin, self.process.stdout,
                     self.process.stderr):
            with contextlib.suppress(OSError):
                pipe.close()
        self.selector.close()
        os.close(self.tells)
        if self.master is not None:
            os.close(self.master)
            self.master = None
