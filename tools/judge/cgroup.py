# SPDX-License-Identifier: MIT
"""Control groups of one simulated host: limits, and a subtree to write in."""
import contextlib
import pathlib
import time

PIDS, MEMORY = 200, 1 << 30


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
                      for path in self.dirs for below in path.rglob("*/")
                      if below != path / "init")

    def close(self):
        deadline = time.monotonic() + 5
        while self.dirs and time.monotonic() < deadline:
            for path in list(self.dirs):
                for below in sorted(path.rglob("*/"), reverse=True):
                    with contextlib.suppress(OSError):
                        below.rmdir()
                try:
                    path.rmdir()
                except FileNotFoundError:
                    pass
                except OSError:
                    time.sleep(0.01)
                    continue
                self.dirs.remove(path)
