# SPDX-License-Identifier: MIT
"""What was handed in: can this machine run it, or build it from source?"""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tarfile
import types
import zipfile

from .host import PLACE, Host

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS = 120   # for a build
BIG = 200 << 20  # bytes of an archive, unpacked
TOO_BIG = "the archive is too big: leave out rootfs/ and systems/"
LIBRARIES = ["cap", "seccomp"]  # the homework's, where the machine has them
MACHINES = {3: "i386", 62: "x86_64", 183: "aarch64", 40: "arm", 243: "riscv"}
HERE = {"x86_64": {62}, "aarch64": {183}, "i686": {3}, "i386": {3},
        "armv7l": {40}, "riscv64": {243}}


class NotBuilt(Exception):
    """It does not compile, or there is nothing to compile: the words say."""


# ---- can it run? ----

def unable(program):
    """Why this machine cannot run it, "" if nothing speaks against it."""
    if program.is_dir():
        return "it is a directory, and no program was built from it"
    if not program.exists():
        return "there is no such file"
    if not os.access(program, os.X_OK):
        return f"it may not be executed; try: chmod +x {program.name}"
    with open(program, "rb") as file:
        head = file.read(4096)
    if head.startswith(b"#!"):
        return script(head)
    if head.startswith(b"\x7fELF"):
        return elf(program, head)
    return "it is neither an ELF program nor a script that begins with #!"


def script(head):
    line = head[2:].split(b"\n")[0].decode(errors="replace")
    words = line.split()
    if line.endswith("\r"):
        return "its first line ends with a carriage return; try: dos2unix"
    if not words or not os.path.exists(words[0]):
        return (f"its interpreter {words[0] if words else ''} is not on this "
                "machine; install it")
    if os.path.basename(words[0]) == "env" and len(words) > 1 and \
            not words[1].startswith("-") and not shutil.which(words[1]):
        return f"its interpreter {words[1]} is not on this machine; install it"
    return ""


def elf(program, head):
    """ELF, see elf(5): its machine, its loader, its libraries."""
    little = "<" if head[5] == 1 else ">"
    machine = struct.unpack_from(little + "H", head, 18)[0]
    name = MACHINES.get(machine, f"machine number {machine}")
    here = os.uname().machine
    if machine == 3 and here == "x86_64":
        done = subprocess.run([TOP / "build/tests/abilities", "32-bit"],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            return ("cannot be judged on this machine: it is a 32-bit "
                    f"program, and {done.stdout.strip() or 'none runs here'}; "
                    "try: gcc without -m32, or another machine")
    elif machine not in HERE.get(here, {machine}):
        return (f"cannot be judged on this machine: it is for {name}, and "
                f"this is {here}")
    loader = re.search(rb"/lib[\w/.-]*ld[\w.-]*\.so[\w.]*", head)
    if loader and not os.path.exists(loader[0]):
        return (f"its loader {loader[0].decode()} is not on this machine; "
                "try: gcc -static")
    if loader:
        done = subprocess.run([loader[0], "--list", program.resolve()],
                              capture_output=True, text=True, check=False,
                              timeout=60)
        missing = re.search(r"(\S+) => not found|libraries: ([^:]+): cannot",
                            done.stdout + done.stderr)
        if missing:
            return (f"the library {missing[1] or missing[2]} is not on this "
                    "machine; install it, or try: gcc -static")
    return ""


# ---- build it ----

def is_source(path):
    return path.is_dir() or path.name.endswith(
        (".tar.gz", ".tgz", ".tar.xz", ".tar", ".zip"))


def unpack(path, place):
    """Into PLACE, and nothing outside of it."""
    if path.is_dir():
        shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > BIG:
                raise NotBuilt(TOO_BIG)
            archive.extractall(place)
            for one in archive.infolist():  # which extractall forgets
                mine = place / one.filename
                if one.external_attr >> 16 & 0o111 and mine.is_file():
                    mine.chmod(0o755)
    else:
        with tarfile.open(path) as archive:
            total = 0
            for one in archive:
                total += one.size
                target = (place / one.name).resolve()
                if total > BIG:
                    raise NotBuilt(TOO_BIG)
                if not (one.isfile() or one.isdir() or one.issym()) or \
                        place.resolve() not in [target, *target.parents]:
                    continue
                archive.extract(one, place)


def build(path, place, image):
    """Unpack and compile in a simulated host, without a network and with a
    limit. Returns what programs_in() does, below PLACE, and the compiler's
    error where a tree was made in part. Raises NotBuilt."""
    try:
        unpack(path, place)
        # A directory, or an archive, with nothing else beside it.
        while len(list(place.iterdir())) == 1 and \
                is_source(inner := next(place.iterdir())):
            if not inner.is_dir():
                place = place / "unpacked"
                place.mkdir()
                unpack(inner, place)
                inner.unlink()
            else:
                place = inner
    except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise NotBuilt(f"cannot be unpacked: {error}") from None
    makefile = any((place / name).exists()
                   for name in ("Makefile", "makefile", "GNUmakefile"))
    sources = sorted(one.name for one in place.glob("*.c"))
    ready = programs_in(place)
    if makefile:
        command = ["make"]
    elif sources:
        command = ["gcc", "-D_GNU_SOURCE", "-o", "os_isolate", *sources,
                   *libraries()]
    elif ready:
        return ready, ""
    else:
        raise NotBuilt("no Makefile, no C source and no program in it")
    status, words = compile_in_host(command, place, image)
    made = programs_in(place)
    if status == 0 and made:
        return made, ""
    error = re.search(r"^.*(?:error:|cannot find|undefined reference|"
                      r"\*\*\*).*$", words, re.M)
    why = (f"does not compile: `{' '.join(command)}` "
           + (f"ended with {status}" if status else "made no program")
           + f": {error[0].strip() if error else words[-200:]}")
    if not made or 0 in made:
        raise NotBuilt(why)
    return made, why


def libraries():
    """gcc's arguments for those that are there."""
    found = []
    for name in LIBRARIES:
        done = subprocess.run(["gcc", f"-print-file-name=lib{name}.so"],
                              capture_output=True, text=True, check=False)
        if "/" in done.stdout:
            found.append(f"-l{name}")
    return [*found, "-pthread"]


def compile_in_host(command, place, image):
    """(status, what was said); what was made is copied back to PLACE."""
    host = Host(place / "os_isolate", image or
                types.SimpleNamespace(path=place))
    try:
        inside = ["nsenter", "-t", str(host.pid), "-m", "-p", "-n", "-u", "-i",
                  "-C", "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh",
                  PLACE, *command]
        try:
            done = subprocess.run(
                inside, capture_output=True, text=True, timeout=SECONDS,
                stdin=subprocess.DEVNULL, check=False, errors="replace",
                preexec_fn=host.cgroup.enter,
                env={**Host.ENVIRONMENT, "TMPDIR": "/tmp"})
        except subprocess.TimeoutExpired:
            return "no status", f"error: it took more than {SECONDS} s"
        take(pathlib.Path(host.path(PLACE)), place)
        return done.returncode, done.stderr + done.stdout
    finally:
        host.close()


def take(made, place):
    """Copy what can be executed from MADE to PLACE, also from the directories
    of steps. Links may lead to files of the machine: none is followed."""
    for one in made.iterdir():
        mine = place / one.name
        if one.is_symlink():
            continue
        if one.is_dir() and re.match(r"step\d_", one.name) and \
                mine.is_dir() and not mine.is_symlink():
            take(one, mine)
        elif one.is_file() and os.access(one, os.X_OK):
            if mine.is_symlink():
                mine.unlink()
            if not mine.is_dir():
                shutil.copy(one, mine)


def programs_in(place):
    """{0: os_isolate, or else the only program there}; or of a tree of four
    {step: stepN_*/os_isolate}, those that are there; or {}."""
    named = place / "os_isolate"
    if named.is_file() and os.access(named, os.X_OK):
        return {0: named}
    tree = {int(one.parent.name[4]): one
            for one in place.glob("step[1-4]_*/os_isolate")
            if one.is_file() and os.access(one, os.X_OK)}
    if tree:
        return tree
    found = []
    for one in place.iterdir():
        if one.is_file() and os.access(one, os.X_OK):
            with open(one, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    found.append(one)
    return {0: found[0]} if len(found) == 1 else {}
