# SPDX-License-Identifier: MIT
"""What the Python tools have in common.

    the tree      TOP, STEPS, PROGRAMS, image(), load()
    the texts     read_attacks(), read_policy()
    the machine   tool_version(), lacks()
    Docker        Engine
    a terminal    Terminal, output(), session(), shape(), same()
    simulated host   play_host()

A script beside this file says `import lab`; one in tests/ puts tools/ on
sys.path first. It has to work with the Python of Debian 11, which is 3.9.
"""
import collections
import contextlib
import ctypes
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pexpect  # knows how to wait for a prompt; kept by Debian

sys.dont_write_bytecode = True  # root leaves nothing in a student's tree

TOP = pathlib.Path(__file__).resolve().parent.parent
SLOW = float(os.environ.get("SLOW") or 1)   # times as patient
STEPS = ["step1_pid", "step2_net", "step3_mnt", "step4_seccomp"]
PROGRAMS = {number: TOP / name / "os_isolate"
            for number, name in enumerate(STEPS, 1)}
ATTACKS = TOP / "build/tests/attacks"
ATTACKS_I386 = TOP / "build/tests/attacks-i386"
SOCKET = "/run/docker.sock"  # where Docker's engine listens, unless told
TIMEOUT = 20  # seconds for one command

Attack = collections.namedtuple(
    "Attack", "command group first title why kind year", defaults=("", ""))
Rule = collections.namedtuple("Rule", "action group why calls")


class Failed(Exception):
    """A command did not run as it should; the text says which, and why."""


def image():
    """The directory with the root file system, ROOTFS= or the usual one."""
    return os.path.realpath(os.environ.get("ROOTFS") or TOP / "rootfs")


def read_attacks():
    """The rows of tests/attacks/table.txt; its head says what they mean."""
    rows = []
    for line in (TOP / "tests/attacks/table.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            parts = [part.strip() for part in line.split("|")]
            wrong = f"{len(parts)} fields, and not five or seven" \
                if len(parts) not in (5, 7) else \
                f"\"{parts[2]}\" is no step, and not LEAKS" \
                if parts[2] not in ("1", "2", "3", "4", "LEAKS") else ""
            if wrong:
                raise Failed(f"tests/attacks/table.txt: {wrong}: {line}")
            row = Attack(*parts)
            source = TOP / f"tests/attacks/{row.command.split()[0]}.c"
            if not source.exists():
                raise Failed(f"tests/attacks/table.txt: {row.command}: no "
                             f"{source.relative_to(TOP)}")
            if row.kind and f"CVE-{row.year}-" not in source.read_text():
                raise Failed(f"tests/attacks/table.txt: {row.command}: no "
                             f"CVE of {row.year} in the head of {source.name}")
            if row.group in [other.group for other in rows[:-1]] and \
                    row.group != rows[-1].group:
                raise Failed(f"tests/attacks/table.txt: {row.command}: the "
                             f"rows of {row.group!r} do not stand together; "
                             f"or is {rows[-1].group!r} misspelt?")
            rows.append(row)
    return rows


def read_policy():
    """The groups of step4_seccomp/policy.txt: calls is a list of names."""
    groups = []
    for line in (TOP / "step4_seccomp/policy.txt").read_text().splitlines():
        if line.startswith(" "):
            groups[-1].calls.extend(name.partition("(")[0]
                                    for name in line.split())
        elif line and not line.startswith("#"):
            action, _, rest = line.partition(" ")
            group, _, why = rest.partition(": ")
            groups.append(Rule(action, group, why, []))
    return groups


def load(path):
    """The script tools/PATH as a module, for who tests its functions."""
    loader = importlib.machinery.SourceFileLoader(path, f"{TOP}/tools/{path}")
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(path, loader))
    loader.exec_module(module)
    return module


def tool_version(tool):
    """What `tool --version` says, "?" without a number, None without it."""
    if shutil.which(tool) is None:
        return None
    out = subprocess.run([tool, "--version"], capture_output=True, text=True,
                         check=False).stdout
    return next((word for word in out.split() if word[:1].isdigit()), "?")


def lacks(ability):
    """Why this machine lacks what tests/abilities.c calls so; "" if not."""
    done = subprocess.run([TOP / "build/tests/abilities", ability],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise Failed(f"build/tests/abilities {ability}: {done.stderr}")
    return done.stdout.strip() if done.returncode else ""


class Engine:
    """A Docker engine, asked by its client. Each command that fails is
    Failed, with the engine's own words: an engine that answers may still be
    unable to run anything."""

    def __init__(self, sock=SOCKET):
        self.sock = os.path.abspath(sock)
        self.client = ["docker", "-H", f"unix://{self.sock}"]
        self.version = None  # nobody answers
        if shutil.which("docker") and os.path.exists(self.sock):
            with contextlib.suppress(Failed, subprocess.TimeoutExpired):
                self.version = self.run("version", "--format",
                                        "{{.Server.Version}}").strip() or None

    def run(self, *words, timeout=300 * SLOW, **more):
        """Run the client with these words; its standard output."""
        done = subprocess.run([*self.client, *map(str, words)],
                              capture_output=True, timeout=timeout,
                              check=False, **more)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise Failed(f"docker {words[0]} ended with {done.returncode}: "
                         f"{said or 'without a word'}")
        return done.stdout.decode(errors="replace")

    @contextlib.contextmanager
    def image(self, tag):
        """The image of the sandbox under the name TAG, tried with /bin/true
        before anything is said about Docker; removed in the end."""
        with subprocess.Popen(["tar", "-C", image(), "-c", "."],
                              stdout=subprocess.PIPE) as tar:
            self.run("import", "-", tag, stdin=tar.stdout)
            tar.stdout.close()
        if tar.returncode != 0:
            raise Failed(f"tar of {image()} ended with {tar.returncode}")
        try:
            self.run("run", "--rm", "--network", "none", tag, "/bin/true")
            yield tag
        finally:
            subprocess.run([*self.client, "rmi", tag], check=False,
                           capture_output=True)


# ---- a terminal -----------------------------------------------------------

PROMPT = re.compile(r"(?:^|\n)(# |root@[^\s#]+# )$")
TYPED = re.compile(r"(# |root@\S+# )(.*)$")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """A shell on a terminal of 80x24, and what it prints."""

    def __init__(self, **variables):
        # TERM=dumb: nobody reads the escape sequences.
        self.shell = pexpect.spawn(
            "/bin/bash", ["--norc", "--noprofile", "-i"], encoding="utf-8",
            codec_errors="replace", dimensions=(24, 80), timeout=TIMEOUT,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                         "/sbin:/bin", "HOME": "/root", "TERM": "dumb",
                 "PS1": "# ", "HISTFILE": "/dev/null", "LC_ALL": "C",
                 **variables})
        self.shell.delaybeforesend = None
        self.shell.ptyproc.delayafterclose = 0
        self.prompt = None

    def __enter__(self):
        self.read(TIMEOUT)
        return self

    def __exit__(self, *exception):
        self.shell.kill(signal.SIGKILL)
        self.shell.wait()
        self.shell.close()

    def read(self, patience):
        """All up to the next prompt, which is remembered."""
        text, end = "", time.monotonic() + patience
        while True:
            try:
                text += self.shell.read_nonblocking(
                    65536, timeout=max(0, end - time.monotonic()))
            except (pexpect.TIMEOUT, pexpect.EOF):
                raise Failed(f"no prompt came after:\n{text}") from None
            plain = ESCAPE.sub("", text)
            found = PROMPT.search(plain)
            if found:
                self.prompt = found[1]
                return plain[:found.start()]

    def type(self, command, patience=TIMEOUT):
        """The lines that the command prints."""
        self.shell.send(command + "\n")
        text = self.read(patience).partition("\n")[2]  # less the echo
        return [line.expandtabs().rstrip() for line in text.splitlines()]


def session(lines, **variables):
    """Type what has a prompt in these lines; the lines that come of it."""
    result = []
    with Terminal(**variables) as terminal:
        for line in lines:
            typed = TYPED.match(line)
            if not typed:
                continue
            while typed[1] == "# " != terminal.prompt:
                terminal.type("exit")
            result.append(terminal.prompt + typed[2])
            result += terminal.type(typed[2])
        while terminal.prompt != "# ":
            terminal.type("exit")
    return result


def output(command, patience=TIMEOUT, status=None, **variables):
    """The lines that this command prints on a terminal. It is Failed where
    the command ends with another STATUS than this, or, if any is right, where
    it could not be run: 125 to 127, see os_isolate(1) and sh(1)."""
    with Terminal(**variables) as terminal:
        lines = terminal.type(command, patience)
        ended = int(terminal.type("echo $?")[-1])
    while lines and not lines[0]:
        del lines[0]
    if ended != status if status is not None else ended in (125, 126, 127):
        raise Failed(f"{command}: ended with {ended}: "
                     f"{' / '.join(lines[-3:])}")
    return lines


def shape(line):
    """What must be the same in the document and on this machine: all but
    blanks and numbers, which are PIDs, times, sizes, dates, versions. A 1
    that stands alone counts: to be process 1 is the point. Nor does it matter
    whether somebody was nice(1): ps adds an N to its states."""
    line = re.sub(r"(?<!\S)([DIRST])N(?=[Lls+]*(\s|$))", r"\1", line)
    line = re.sub(r"(?<![\w.:/-])1(?![\w.:/-])", "one", line)
    return re.sub(r"\s+", " ", re.sub(r"\d+(\.\d+)*", "0", line)).strip()


def same(old, new):
    return [shape(line) for line in old] == [shape(line) for line in new]


# ---- the simulated host ---------------------------------------------------

# What makes a process, and its children, live on the simulated host.
NAMESPACES = 0x20000000 | 0x04000000 | 0x40000000 | 0x00020000
HOST = r"""
mount --make-rprivate /
mount --rbind . /mnt
[ -z "$ROOTFS" ] || mount --rbind "$ROOTFS" /mnt/rootfs
mount -t tmpfs tmpfs /root
mkdir /root/os_isolate
mount --move /mnt /root/os_isolate
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts /dev/pts
echo debian >/proc/sys/kernel/hostname
ip link set lo up
ip link add eth0 address 02:00:00:00:00:01 type veth \
    peer name eth1 address 02:00:00:00:00:02
ip link set eth0 up
ip link set eth1 up
# As systemd leaves it: what a sandbox mounts would be seen here.
mount --make-rshared /
"""
IDLE = [["sleep", "infinity"], ["tail", "-f", "/dev/null"],
        ["sh", "-c", "while sleep 60; do :; done"]]


@contextlib.contextmanager
def play_host(before=""):
    """Move this process to a simulated host, for good; children live there,
    and its idle processes end with the block. BEFORE is a shell script that
    runs first, where the mount table is already its own."""
    libc = ctypes.CDLL(None, use_errno=True)

    def die_with_parent():
        libc.prctl(1, signal.SIGKILL)

    if libc.unshare(NAMESPACES) != 0:
        raise Failed("no new namespaces: " + os.strerror(ctypes.get_errno()))
    os.environ["ROOTFS"] = image() if os.environ.get("ROOTFS") else ""
    os.chdir(TOP)
    # The first child is process 1: with it all others die.
    idle = [subprocess.Popen(IDLE[0], preexec_fn=die_with_parent)]
    try:
        idle += [subprocess.Popen(command) for command in IDLE[1:]]
        subprocess.run(["sh", "-ec", before + HOST], check=True)
        os.chdir("/root/os_isolate")
        yield
    finally:
        for process in reversed(idle):
            process.kill()
            process.wait()


# ---- of all tools ---------------------------------------------------------

def end(main):
    """Run a tool's main(): its status, or one line for what failed."""
    try:
        sys.exit(main())
    except (Failed, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"{os.path.relpath(sys.argv[0], TOP)}: {error}")
