# SPDX-License-Identifier: MIT
"""What a test in Python says: TAP, which tests/run reads."""
import fnmatch
import os
import random
import secrets
import sys

FULL = bool(os.environ.get("FULL"))
SEED = int(os.environ.get("SEED") or secrets.randbelow(10**6))
os.environ["SEED"] = str(SEED)              # of what we start in a while
SAMPLE = random.Random(SEED)


def sample(what, share):
    """With FULL=1 all of WHAT, else so large a part of it, drawn by SEED."""
    what = list(what)
    return what if FULL else sorted(
        SAMPLE.sample(what, max(1, round(share * len(what)))),
        key=what.index)


def runs_whole(name):
    """Of a program without tests of their own names: end, if TEST= wants
    others than NAME."""
    if not fnmatch.fnmatch(name, os.environ.get("TEST") or "*"):
        sys.exit(0)


class Tap:
    def __init__(self):
        self.count = self.failures = 0

    def report(self, good, name, why=""):
        self.count += 1
        self.failures += not good
        print(f"{'' if good else 'not '}ok {self.count} - {name}", flush=True)
        for line in () if good else str(why)[-3000:].splitlines():
            print(f"#   {line}", flush=True)

    def skip(self, name, why):
        """Not tried, since the machine lacks something: lab.lacks()'s WHY."""
        if not why:
            return self.report(False, name, "skipped without a reason")
        print(f"# SKIP: lacks: {why}")
        return self.report(True, f"{name} # SKIP")

    def end(self):
        """The exit status; red, too, where nothing was tried unasked."""
        print(f"1..{self.count}", flush=True)
        tried = self.count or os.environ.get("TEST")
        return 1 if self.failures or not tried else 0


def run_tests(functions):
    """Call each test_NAME of FUNCTIONS, globals(), that TEST matches."""
    for name, test in list(functions.items()):
        if name.startswith("test_") and fnmatch.fnmatch(
                name, os.environ.get("TEST") or "*"):
            test()
