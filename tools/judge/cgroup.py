# SPDX-License-Identifier: MIT
"""Control groups of one simulated host: limits, and a subtree to write in."""
import contextlib
import fnmatch
import os
import pathlib
import signal
import sys
import time

PIDS, MEMORY = 200, 1 << 30
PATIENCE = 60  # seconds until a group that stays is told


def groups(top="/sys/fs/cgroup", pattern="*"):
    """The control groups below TOP whose names match, each before those in it.
    By os.walk(), since glob() fails where one goes meanwhile."""
    return sorted(pathlib.Path(base, name) for base, names, _ in os.walk(top)
                  for name in fnmatch.filter(names, pattern))


class Cgroup:
    """A subtree for one host in each hierarchy of the machine, with limits
    where the machine lets us set them."""

    LIMITS = {"pids.max": PIDS, "memory.limit_in_bytes": MEMORY,
              "memory.max": MEMORY}

    def __init__(self, name):
        self.dirs, self.name = [], name

    def make(self):
        for line in pathlib.Path("/proc/self/mountinfo").read_text() \
                .splitlines():
            kind = line.partition(" - ")[2].split()[0]
            mine = pathlib.Path(line.split()[4]) / self.name
            if kind not in ("cgroup", "cgroup2") or mine in self.dirs:
                continue
            self.dirs.append(mine)  # first: close() may come at any time
            try:
                mine.mkdir()
            except OSError:
                self.dirs.remove(mine)
                continue
            self.limit(mine)

    def limit(self, mine):
        for file in ("cpuset.cpus", "cpuset.mems"):  # empty when new (v1)
            with contextlib.suppress(OSError):
                if (mine / file).exists() and (mine / "tasks").exists():
                    (mine / file).write_text((mine.parent / file).read_text())
        for file, value in self.LIMITS.items():
            with contextlib.suppress(OSError):
                if (mine / file).exists():
                    (mine / file).write_text(str(value))

    def enter(self):
        for path in self.dirs:
            leaf = path / "init" if (path / "init").is_dir() else path
            with contextlib.suppress(OSError):
                (leaf / "cgroup.procs").write_text("0")

    def names(self):
        """The groups below, those of the submission."""
        return sorted(str(below.relative_to(path.parent.parent))
                      for path in self.dirs for below in groups(path)
                      if below != path / "init")

    def close(self):
        """End who is left in the groups, and remove them. A process that dies
        may take seconds to leave where memory is freed on a busy machine."""
        deadline = time.monotonic() + PATIENCE
        while self.dirs and time.monotonic() < deadline:
            for path in list(self.dirs):
                for group in [*reversed(groups(path)), path]:
                    try:
                        group.rmdir()
                    except FileNotFoundError:
                        pass
                    except OSError:
                        self.kill(group)
                if not path.exists():
                    self.dirs.remove(path)
            time.sleep(0.01 if self.dirs else 0)
        for path in self.dirs:
            print(f"tools/grade: {path} stays: a process in it does not end",
                  file=sys.stderr)

    @staticmethod
    def kill(group):
        """Kill all in GROUP whom this PID namespace has a number for."""
        with contextlib.suppress(OSError):
            for pid in (group / "cgroup.procs").read_text().split():
                if pid != "0":
                    os.kill(int(pid), signal.SIGKILL)
