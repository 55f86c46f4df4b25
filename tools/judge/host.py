# SPDX-License-Identifier: MIT
"""The simulated host: what a submission sees of a machine.

New mount, PID, net, UTS, IPC and cgroup namespaces. The machine's files are
read-only; /tmp, /run, /var/tmp and /home are its own and writable; its mounts
are shared, as under systemd. There are processes of two users, a net device, a
service on the loop-back device, and a subtree of control groups. It is a fence
against mistakes, not a wall: root may undo the read-only.
"""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import secrets
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

from .cgroup import Cgroup
from .image import Image  # noqa: F401 (also found here)

CLONE_NEWNS = 0x00020000
LOOP_CLR_FD, LOOP_GET_STATUS64 = 0x4C01, 0x4C05
LIBC = ctypes.CDLL(None, use_errno=True)
PLACE = pathlib.Path("/home/student")  # where the submission is, on the host
NAMESPACES = ["pid", "mnt", "net", "uts", "ipc", "user", "cgroup"]
PORT = 7007  # of the service
OWN = ["/home", "/run", "/tmp", "/var/tmp", "/dev/shm"]  # file systems
SETUP = pathlib.Path(__file__).with_name("setup_host")


# Leads the session of a submission, tells its exit status, and goes on.
LEADER = r"""
tell=$1
shift
eval '"$@"' "$tell>&-"
echo $? >&"$tell"
exec sleep 1000 <&- >&- 2>&-
"""


class Fault(Exception):
    """The machine, not the submission, is at fault."""


def prepare():
    """A mount table of our own, for this process and its children."""
    if LIBC.unshare(CLONE_NEWNS) != 0:
        raise Fault("cannot make a mount namespace: "
                    f"{os.strerror(ctypes.get_errno())}; try: sudo, or a "
                    "privileged container")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class Host:
    """One simulated host, for one submission."""

    ENVIRONMENT = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:"
                "/home/bin", "HOME": "/root", "TERM": "dumb", "USER": "root",
        "ROOTFS": str(PLACE / "rootfs"), "OS_ISOLATE_ROOTFS":
        str(PLACE / "rootfs")}

    def __init__(self, program, image):
        self.program, self.image = program, image
        self.ended, self.pid, self.devices = False, None, set()
        self.token = secrets.token_hex(8)
        self.name = f"host-{secrets.token_hex(3)}"
        self.secret = f"/home/secret-{self.token}"
        self.dir = pathlib.Path(tempfile.gettempdir()) / \
            f"os_isolate-grade.{os.getpid()}.{secrets.token_hex(4)}"
        self.cgroup = Cgroup(self.dir.name)
        self.init = None
        try:
            self.dir.mkdir(0o700)
            self.cgroup.make()
            self.make()
        except BaseException:  # told to end, too: nothing stays
            self.close()
            raise

    def make(self):
        began = time.monotonic()

        def before_exec():
            self.cgroup.enter()
            LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

        self.init = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc",
             "--cgroup", "--fork", "--kill-child", "--propagation", "private",
             "bash", SETUP, self.dir, self.token, self.program.parent,
             self.image.path, self.name, str(PORT)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=before_exec)
        if self.init.stdout.readline().strip() != b"ready":
            self.init.kill()
            words = self.init.stderr.read().decode(errors="replace")
            raise Fault(f"cannot make a host: {words}")
        children = f"/proc/{self.init.pid}/task/{self.init.pid}/children"
        self.pid = int(pathlib.Path(children).read_text().split()[0])
        while "100001" not in self.read("cmdline")[:20]:
            time.sleep(0.005)
        if not shutil.which("sudo"):  # where the machine has none
            self.write("bin/sudo", "#!/bin/sh\nwhile case ${1-} in -*) ;; *) "
                       "false ;; esac; do shift; done\nexec \"$@\"\n", 0o755)
        # A slow machine is no fault of the submission: how many times longer
        # than on an idle one did this take? All limits are multiplied by it.
        self.pace = min(10, max(1, (time.monotonic() - began) / 0.5))
        self.namespaces = {name: self.link(f"ns/{name}")
                           for name in NAMESPACES}
        self.root = os.stat(self.path("/"))
        self.devices = {os.stat(self.path(name)).st_dev for name in OWN}
        self.before = self.state()

    def path(self, name):
        """A file of this host, by a name for us."""
        return f"/proc/{self.pid}/root{name}"

    def write(self, name, text, mode=0o644):
        path = pathlib.Path(self.path(f"/home/{name}"))
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def read(self, name):
        return pathlib.Path(f"/proc/{self.pid}/{name}").read_text()

    def link(self, name):
        return os.readlink(f"/proc/{self.pid}/{name}")

    def numbers(self):
        """The PIDs of what runs here, its sandboxes included."""
        parents, mine, found = {}, self.namespaces["pid"], {self.pid}
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, IndexError):
                stat = (path / "stat").read_text().rpartition(")")[2].split()
                if stat[0] in "ZX":
                    continue
                parents[int(path.name)] = int(stat[1])
                if os.readlink(path / "ns/pid") == mine:
                    found.add(int(path.name))
        for pid in parents:
            line, at = [], pid
            while at in parents and at not in found:
                line.append(at)
                at = parents[at]
            if at in found:
                found.update(line)
        return found

    def processes(self):
        found = []
        for pid in self.numbers():
            with contextlib.suppress(OSError):
                found.append(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                             .decode(errors="replace"))
        return sorted(found)

    def links(self):
        return sorted(line.split(":")[0].strip() for line in
                      self.read("net/dev").splitlines()[2:])

    def state(self):
        """What a submission must leave as it is."""
        if self.ended:
            return self.before
        return {"mounts": self.read("mountinfo"), "links": self.links(),
                "processes": self.processes(), "cgroups": self.cgroup.names(),
                "name": subprocess.run(
                    ["nsenter", "-t", str(self.pid), "-u", "hostname"],
                    capture_output=True, text=True, check=False).stdout}

    def terminal(self):
        """A terminal of this host: (master, slave)."""
        master = os.open(self.path("/dev/pts/ptmx"), os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(master, 0x40045431, b"\0\0\0\0")     # TIOCSPTLCK
        return master, fcntl.ioctl(master, 0x5441,       # TIOCGPTPEER
                                   os.O_RDWR | os.O_NOCTTY)

    def start(self, arguments, user=None):
        """Start the submission; (process, master of its terminal, where its
        exit status can be read). Its standard input and outputs are pipes, its
        terminal is the host's. The process is a shell that leads the session
        and goes on: if the submission led it, its end would hang up, and so
        end, what it leaves behind."""
        as_user = ["setpriv", "--reuid", user, "--regid", user,
                   "--clear-groups"] if user else []
        master, slave = self.terminal()
        status, tell = os.pipe()

        def before_exec():
            self.cgroup.enter()
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        # A caller's descriptor 9 is not to get into the sandbox.
        process = subprocess.Popen(
            ["bash", "-c", LEADER, "sh", str(tell),
             "nsenter", "-t", str(self.pid), "-m", "-p", "-n", "-u", "-i",
             "-C", "sh", "-c",
             'exec 9<"$1" && cd "$2" && shift 2 && exec "$@"', "sh",
             self.secret, PLACE, *as_user, f"./{self.program.name}",
             *arguments], pass_fds=[tell],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=before_exec,
            env={**self.ENVIRONMENT, "GRADE_SECRET": self.token})
        os.close(slave)
        os.close(tell)
        return process, master, status

    def kill(self):
        """End the host, and all that runs on it."""
        self.ended = True
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if self.init:
            self.init.kill()
            self.init.wait()

    def close(self):
        self.kill()
        if self.init:
            self.init.stdout.close()
            self.init.stderr.close()
        self.cgroup.close()
        self.detach_loops()
        shutil.rmtree(self.dir, ignore_errors=True)

    def detach_loops(self):
        """Loop devices are the machine's: those that are files of this host
        are detached."""
        for path in pathlib.Path("/sys/block").glob("loop*/loop"):
            with contextlib.suppress(OSError), \
                    open(f"/dev/{path.parent.name}", "rb") as loop:
                status = fcntl.ioctl(loop, LOOP_GET_STATUS64, bytes(232))
                if struct.unpack_from("Q", status)[0] in self.devices:
                    fcntl.ioctl(loop, LOOP_CLR_FD)


def describe(part, before, after):
    """What is there now and was not, in a few words."""
    if isinstance(before, str):
        before, after = before.split("\n"), after.split("\n")
    new = [line for line in dict.fromkeys(after) if line and
           line not in before]
    gone = [line for line in before if line not in after]
    if part == "mounts":
        new = [line.split()[4] for line in new]
        gone = [line.split()[4] for line in gone]
        if "/proc" in new:
            return "mounted over the host's /proc"
    words = [f"+ {line}" for line in new[:3]] + [f"- {line}" for line in
                                                 gone[:3]]
    return f"the host's {part} changed: " + ", ".join(
        str(word).replace("\0", " ").strip() for word in words)
