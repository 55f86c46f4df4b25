# SPDX-License-Identifier: MIT
"""What the judge sees of the marked process from outside, and what it puts
there for the process to report."""
import contextlib
import ctypes
import functools
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import time

from .dialogue import LINE, OPTIONS, PROCESS
from .host import NAMESPACES

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
TOOLS = {"unshare", "bwrap", "runc", "crun", "docker", "podman", "nsenter",
         "systemd-nspawn", "lxc-start", "lxc-execute", "firejail", "nsjail",
         "minijail0", "chroot"}
DAEMONS = {"docker", "podman-remote", "lxc", "machinectl"}


def find(host, mark, everywhere=False):
    """The PIDs that run under this name; those of our own host only, unless
    EVERYWHERE on the machine."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) \
            if everywhere else sorted(host.numbers()):
        with contextlib.suppress(OSError):
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            if words.split(b"\0")[0] == mark.encode():
                found.append(pid)
    return found


def members(host, namespace):
    """The PIDs of those that are in this PID namespace."""
    found = []
    for pid in host.numbers():
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{pid}/ns/pid") == namespace:
                found.append(pid)
    return found


def is_bash(host, number=None):
    """Is the process that is NUMBER in its sandbox (None: one of those that
    are in one) a bash, in an image whose sh is another program?"""
    for pid in host.numbers():
        with contextlib.suppress(OSError, TypeError):
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            exe, root = os.readlink(f"/proc/{pid}/exe"), f"/proc/{pid}/root"
            own = os.readlink(f"/proc/{pid}/ns/pid") != host.namespaces["pid"]
            if (re.search(rf"^NSpid:.*\t{number}$", status, re.M) if number
                    else own) and os.path.basename(exe) == "bash" and \
                    not os.path.samefile(f"/proc/{pid}/exe", f"{root}/bin/sh"):
                return True
    return False


@functools.cache
def contents_of_tools():
    """size -> [(name, content)] of the ready-made launchers installed here."""
    found = {}
    for name in TOOLS:
        path = shutil.which(name)
        if path:
            data = pathlib.Path(path).read_bytes()
            found.setdefault(len(data), []).append((name, data))
    return found


def tools_of(host):
    """Ready-made launchers among the processes of this host, under whatever
    name."""
    found = set()
    for pid in host.numbers():
        with contextlib.suppress(OSError):
            path = f"/proc/{pid}/exe"
            name = os.path.basename(os.readlink(path))
            found.update({name} & TOOLS)
            same = contents_of_tools().get(os.stat(path).st_size, [])
            data = pathlib.Path(path).read_bytes() if same else b""
            found.update(name for name, content in same if content == data)
    return found


def visit(pid, work, as_root=True, user=True):
    """What WORK() returns in the mount namespace of PID; below its root if
    AS_ROOT, by its user namespace if USER. {} where it cannot be done."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            root = os.open(f"/proc/{pid}/root", os.O_RDONLY)
            mnt = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
            theirs = None
            if user and os.readlink(f"/proc/{pid}/ns/user") != \
                    os.readlink("/proc/self/ns/user"):
                theirs = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
            if libc.setns(mnt, CLONE_NEWNS) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            if as_root:
                os.fchdir(root)
                os.chroot(".")
            if theirs is not None:
                if libc.setns(theirs, CLONE_NEWUSER) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
                os.setgid(0)
                os.setuid(0)
            os.umask(0o022)
            answer = json.dumps(work())
            with os.fdopen(writing, "w") as pipe:
                pipe.write(answer)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {}


class Seen:
    """The marked process, as the host sees it."""

    def __init__(self, host, pid):
        self.host, self.pid = host, pid
        self.namespaces = {name: self.link(f"ns/{name}")
                           for name in NAMESPACES}
        status = self.read("status")
        self.numbers = re.search(r"^NSpid:\s*(.*)$", status, re.M)[1].split()
        self.seccomp = re.search(r"^Seccomp:\s*(\d)", status, re.M)[1]
        self.capabilities = re.search(r"^CapEff:\s*(\w+)", status, re.M)[1]
        self.no_new_privs = re.search(r"^NoNewPrivs:\s*(\d)", status, re.M)[1]
        root = os.stat(f"/proc/{pid}/root/")
        self.root = (root.st_dev, root.st_ino)
        self.host_root = self.root == (host.root.st_dev, host.root.st_ino)
        self.mounts = self.read("mountinfo").splitlines()
        self.top = visit(pid, lambda: [os.stat("/").st_dev,
                                       os.stat("/").st_ino],
                         as_root=False, user=False)
        # The root of its mount namespace lies above its own: a chroot.
        self.chrooted = bool(self.top) and tuple(self.top) != self.root
        self.left = [] if self.host_root else self.host_mounts()
        self.handles = self.descriptors()
        self.strange = "" if self.host_root else self.strange_shell()
        self.lists_host = bool(visit(pid, self.host_in_proc, user=False))
        # Objects of part 5 lie below these; see attacks.absent_counts().
        self.has = {name: os.path.lexists(f"/proc/{pid}/root/{name}")
                    for name in ("proc/self", "dev/null")}

    def read(self, name):
        return pathlib.Path(f"/proc/{self.pid}/{name}").read_text()

    def link(self, name):
        return os.readlink(f"/proc/{self.pid}/{name}")

    def own(self, name):
        """Has it a namespace of its own of this kind?"""
        return self.namespaces.get(name) != self.host.namespaces.get(name)

    def host_mounts(self):
        """Where in its root a directory of the host is mounted."""
        mine = {}
        for name in ("/", "/home", "/run", "/tmp", "/var/tmp"):
            with contextlib.suppress(OSError):
                st = os.stat(self.host.path(name))
                mine[st.st_dev] = name
        found = []
        # The image may be on the same file system as the host's /.
        image = os.path.basename(getattr(self.host.image, "dir", "")) or "?"
        for line in self.mounts:
            if image in line.split()[3]:
                continue
            place = line.split()[4].encode().decode("unicode_escape")
            with contextlib.suppress(OSError):
                st = os.lstat(f"/proc/{self.pid}/root{place}")
                if st.st_dev in mine and st.st_mode & 0o170000 == 0o040000:
                    found.append(place)
        return found

    def descriptors(self):
        """Files of the host that it has open."""
        found = []
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(OSError):
                path = f"/proc/{self.pid}/fd/{name}"
                st = os.stat(path)
                secret = os.stat(self.host.path(self.host.secret))
                if (st.st_dev, st.st_ino) == (secret.st_dev, secret.st_ino):
                    found.append(name)
        return found

    def host_in_proc(self):
        """Does its /proc list a process of the host?"""
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                words = pathlib.Path(f"/proc/{name}/cmdline").read_bytes()
                if self.host.token.encode() in words:
                    return True
        return False

    def strange_shell(self):
        """What of it is not the image's bash, started as we said: then its
        answers are not to be trusted. "" if nothing is."""
        options = self.read("cmdline").split("\0")[1:-1]
        if options != OPTIONS:
            return f"its arguments {' '.join(options)}"
        image = getattr(self.host.image, "source", None)
        for line in self.read("maps").splitlines() if image else []:
            words = line.split(None, 5)
            if "x" not in words[1] or not words[5:6] or words[5][0] != "/":
                continue
            mapped = pathlib.Path(f"/proc/{self.pid}/map_files/{words[0]}")
            try:
                same = mapped.read_bytes() == \
                    pathlib.Path(f"{image}{words[5]}").read_bytes()
            except OSError:
                same = False
            if not same:
                return words[5]
        return ""

    def words(self):
        """In one line, for a report."""
        own = [name for name in NAMESPACES if self.own(name)]
        return (f"seen from outside: namespaces of its own: "
                f"{', '.join(own) or 'none'}; PID {self.numbers[-1]} inside; "
                f"root: {self.root_words()}; CapEff {self.capabilities}; "
                f"Seccomp {self.seccomp}")

    def root_words(self):
        if self.host_root:
            return "the host's"
        return "by chroot" if self.chrooted else "its own"


class Marks:
    """Put into what was found; what the payload must then report."""

    PLACES = ["/tmp", "/dev/shm", "/run", "/var/tmp", "/root", "/"]

    def __init__(self, host, seen):
        self.host, self.seen = host, seen
        self.name, self.text = secrets.token_hex(6), secrets.token_hex(6)
        self.process_name = f"put-{secrets.token_hex(6)}"
        self.number = secrets.randbelow(10**6) + 7
        self.factor = secrets.randbelow(1000) + 11
        pick = [secrets.randbelow(200) + 20 for _ in range(3)]
        self.address = "127.{}.{}.{}".format(*pick)
        self.place = self.late = ""
        self.process = None

    def trap(self):
        """For the shell: what the signal does."""
        return f"trap 'S=$(({self.number}*{self.factor}))' USR1\n"

    def put_file(self):
        name, text = self.name, self.text

        def work():
            for place in self.PLACES:
                with contextlib.suppress(OSError):
                    path = os.path.join(place, name)
                    with open(path, "x") as file:
                        file.write(text + "\n")
                    return path
            return ""

        self.place = visit(self.seen.pid, work) or ""

    def put_process(self):
        """In its PID namespace, and of the judge in all else."""
        self.process = subprocess.Popen(
            ["nsenter", "-t", str(self.seen.pid), "-p", "bash", "-c",
             f"exec -a {self.process_name} sleep 60"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        # It must have its name before we ask.
        deadline = time.monotonic() + 2 * self.host.pace
        while time.monotonic() < deadline and not find(
                self.host, self.process_name, everywhere=True):
            time.sleep(0.01)

    def put_address(self):
        subprocess.run(
            ["nsenter", "-t", str(self.seen.pid), "-n", "sh", "-c",
             f"ip link set lo up; ip addr add {self.address}/32 dev lo"],
            capture_output=True, check=False)

    def put_on_host(self):
        """What only a way to the host shows."""
        self.late = f"/tmp/late-{secrets.token_hex(6)}"
        with open(self.host.path(self.late), "w", encoding="ascii"):
            pass

    def put(self):
        self.put_file()
        self.put_process()
        self.put_address()
        self.put_on_host()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.seen.pid, signal.SIGUSR1)

    def questions(self):
        return {
            "putfile": f'read -r l <{self.place}; echo "$l"'
                       if self.place else ":",
            "putprocess": PROCESS.format(self.process_name, "yes"),
            "putaddress": LINE.format(self.address, "/proc/net/fib_trie"),
            "putsignal": "echo $S",
            "late": f"[ -e {self.late} ] && echo yes",
        }

    def agree(self, said):
        """kind -> True, False, or None where it was not tried or not answered:
        did the payload report what was put into the process that was
        found?"""
        wanted = {"file": self.text if self.place else None,
                  "process": "yes", "address": "yes",
                  "signal": str(self.number * self.factor)}
        return {kind: None if value is None or f"put{kind}" not in said else
                said[f"put{kind}"] == value for kind, value in wanted.items()}

    def take_away(self):
        if self.process:
            with contextlib.suppress(OSError):
                for pid in pathlib.Path(
                        f"/proc/{self.process.pid}/task/{self.process.pid}"
                        "/children").read_text().split():
                    os.kill(int(pid), signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(OSError):
            os.unlink(self.host.path(self.late))
        place = self.place
        if place:
            visit(self.seen.pid, lambda: os.unlink(place))
            with contextlib.suppress(OSError):
                os.unlink(self.host.path(place))
