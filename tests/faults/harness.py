# SPDX-License-Identifier: MIT
"""What the tests that break things have in common: a host of their own.

They run in a PID and a mount namespace, so that whatever else happens on this
machine is out of sight, and what a sandbox leaves is in sight. / is a shared
mount there, as under systemd: a mount that leaks travels to us.
"""
import contextlib
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(TOP / "tools"), str(TOP / "tests")]
import lab  # pylint: disable=wrong-import-position
import tap  # pylint: disable=wrong-import-position
from judge.cgroup import groups  # pylint: disable=wrong-import-position
from tap import FULL, SAMPLE, SEED, runs_whole, sample  # pylint: disable=C,W

STEPS = lab.PROGRAMS
IMAGE = pathlib.Path(lab.image())
PROBE = TOP / "build/tests/faults/probe"
SLOW = lab.SLOW
# /tmp, /run and /dev of our own; of / what a lost launcher would make there.
OWN_HOST = """
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/dev
mount -t tmpfs -o mode=755 tmpfs /run/dev
for device in null zero full random urandom tty; do
    cp -a /dev/$device /run/dev
done
mkdir /run/dev/pts /run/dev/shm
mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts /run/dev/pts
mount -t tmpfs -o mode=1777 tmpfs /run/dev/shm
ln -s pts/ptmx /run/dev/ptmx
ln -s /proc/self/fd /run/dev/fd
mount --move /run/dev /dev
rmdir /run/dev
mount --make-rshared /
"""
MADE_BY_LAUNCHER = ("lower", "upper", "work", "merged")


def words_of_errors():
    """errno -> what the launchers' C library calls it."""
    lines = subprocess.run([TOP / "build/tests/faults/errors"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    return {int(number): words for number, words in
            (line.split(" ", 1) for line in lines.splitlines())}


def enter_own_host(name):
    """Go on in namespaces of our own, or end if TEST= wants other tests.

    In there, with OWN_HOST in the environment, this returns. Outside stays a
    process that waits, passes on the exit status, and on SIGINT, SIGTERM or
    SIGHUP ends all of it: with process 1 of the PID namespace its processes
    go, and with them the mounts. (unshare(1) itself ignores such signals.)"""
    runs_whole(name)
    if os.geteuid() != 0:
        sys.exit("this needs root")
    if "OWN_HOST" not in os.environ:
        sys.exit(keep_own_host())
    # What is below /tmp, say a copy of the tree, is shown again.
    shown = [(path, os.open(path, os.O_PATH)) for path in (TOP, IMAGE)
             if str(path).startswith(("/tmp/", "/run/"))]
    subprocess.run(["sh", "-ec", OWN_HOST], check=True)
    for path, fd in shown:
        path.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-c", "--bind", f"/proc/self/fd/{fd}", path],
                       check=True, pass_fds=[fd])
        os.close(fd)
    os.environ.pop("TMPDIR", None)
    os.chdir(TOP)


def keep_own_host():
    os.environ.update(OWN_HOST=str(os.getpid()),
                      OS_ISOLATE_ROOTFS=str(IMAGE))
    # The handlers first: a KeyboardInterrupt in Popen() would wait in there.
    ended, started = [], []

    def end(signo, _):
        ended.append(signo)
        for process in started:
            process.kill()

    for signo in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signo, end)
    with subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "--pid",
             "--fork", "--kill-child", "--mount-proc", sys.executable,
             *sys.argv], preexec_fn=die_with_us) as process:
        started.append(process)
        if ended:
            process.kill()
        status = process.wait()
    remove_cgroups()
    if ended:
        return 128 + ended[0]
    return status if status >= 0 else 128 - status


def cgroup_name():
    """Of the cgroups that are made for this run; unique on the machine."""
    return f"os_isolate-test-{os.environ['OWN_HOST']}"


def remove_cgroups():
    """Those that an interrupted run has left. Their processes are dying."""
    for path in groups(pattern=cgroup_name()):
        for _ in range(100):
            try:
                path.rmdir()
                break
            except OSError:
                time.sleep(0.02)


def same_range(text):
    """What the probe printed, as if all sandboxes had the same range of ids:
    that takes its turn."""
    users = re.search(r"^ +0 +(\d+) +65536$", text, re.M)
    first = int(users[1]) if users else sys.maxsize
    return re.sub(r"\b\d{5,10}\b", lambda number:
                  f"FIRST+{int(number[0]) - first}"
                  if first <= int(number[0]) < first + 65536 else number[0],
                  text)


def mounts():
    return pathlib.Path("/proc/self/mountinfo").read_text()


def processes():
    """Everything that runs here, but us and zombies that are being reaped."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            stat = (path / "stat").read_text()
            if int(path.name) != os.getpid():
                found[int(path.name)] = stat.rsplit(")", 1)[1].split()[0] + \
                    " " + (path / "comm").read_text().strip()
        except OSError:
            continue
    return found


def namespaces():
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended
            found.update(os.readlink(f"/proc/{pid}/ns/{name}")
                         for name in os.listdir(f"/proc/{pid}/ns"))
    return found


def image_files():
    """path -> (time of change, size) of all that is in the image. Not the
    inode's number: on an overlayfs a directory has another one when the kernel
    has forgotten it."""
    found = {}
    for base, dirs, files in os.walk(IMAGE):
        for name in dirs + files + ["."]:
            path = os.path.join(base, name)
            st = os.lstat(path)
            found[path] = (st.st_ctime_ns, st.st_size)
    return found


def changed(before, now):
    """What is in only one of them, or differs: a few of it, by name."""
    if not isinstance(before, dict):
        return ""
    paths = [path for path in sorted({*before, *now})
             if before.get(path) != now.get(path)]
    return f": {len(paths)}, such as " + ", ".join(
        f"{path} {before.get(path)} -> {now.get(path)}" for path in paths[:5])


class Host:
    """How the host was; what is different now."""

    def __init__(self):
        self.state = self.look()

    @staticmethod
    def look():
        return {"mounts": mounts(), "namespaces": namespaces(),
                "files of the image": image_files(),
                "descriptors": sorted(os.listdir("/proc/self/fd"))[:-1],
                "names in /, /dev, /run, /tmp": sorted(
                    [name for name in MADE_BY_LAUNCHER
                     if os.path.exists(f"/{name}")] + os.listdir("/dev") +
                    os.listdir("/run") + os.listdir("/tmp"))}

    def differences(self, seconds=10):
        """Wait until all is as it was: the kernel is not always at once."""
        deadline = time.monotonic() + seconds * SLOW
        while time.monotonic() < deadline:
            while reap():
                pass
            left, now = processes(), self.look()
            if not left and now == self.state:
                return []
            time.sleep(0.05)
        return [f"processes left: {left}"] * bool(left) + [
            f"{what} changed{changed(self.state[what], now[what])}"
            for what in now if now[what] != self.state[what]]


def reap():
    """Orphans come to process 1 here, which we are."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] > 0
    except ChildProcessError:
        return False


class Tap(tap.Tap):
    def __init__(self):
        super().__init__()
        print(f"# {'FULL=1' if FULL else f'SEED={SEED}'}")


def die_with_us():
    """For a child: SIGKILL when its parent ends."""
    ctypes.CDLL(None).prctl(1, 9)
