# SPDX-License-Identifier: MIT
"""Part 5: does one whole category of attacks on the host fail?

The attacks are those of tests/attacks/table.txt that part 5 is about. They are
put into the sandbox from outside, so an image of the submission's own will do.
An attack is asked only if it works in the control: a sandbox of the judge's
own on the same machine, with all capabilities and no filter.
"""
import collections
import os
import pathlib
import re
import secrets
import shlex
import tempfile

from .dialogue import Start
from .host import Host
from .image import Image
from .marks import Marks, Seen, find, visit

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
TABLE = TOP / "tests/attacks/table.txt"
BUILT = TOP / "build/tests/attacks"
BUILT_32 = TOP / "build/tests/attacks-i386"
SECONDS = 60  # for all attacks of one dialogue

# What a student may choose to stop, and the programs of tests/attacks that
# try it. Smaller than the table's groups: who stops all of the clock has
# stopped a category, though not all that its group "kernel" holds.
CATEGORIES = {
    "the kernel's log": ["kernel_log", "kernel_messages"],
    "the kernel's addresses": ["kernel_addresses"],
    "the kernel's settings": ["kernel_switch"],
    "files of /proc": ["proc_file"],
    "new mounts": ["mount_filesystem", "remount_writable", "uncover"],
    "the host's disks": ["raw_disk", "mount_disk", "device_node b"],
    "device files": ["device_node"],
    "files by their number": ["file_handle", "namespace_handle"],
    "kernel modules": ["load_module"],
    "another kernel, or none": ["load_kernel", "reboot_host"],
    "BPF": ["kernel_program"],
    "counting and watching": ["watch_processors", "watch_files"],
    "the clock": ["set_clock"],
    "keyrings": ["keyring"],
    "I/O ports": ["io_ports"],
    "swap, accounting, quotas": ["host_storage"],
    "other processes' memory": ["own_process"],
    "new user namespaces": ["new_user_namespace"],
    "other namespaces": ["enter_namespace"],
    "families of sockets": ["socket_family"],
    "control groups": ["cgroup_path", "cgroup_tree"],
    "the host's name": ["host_name"],
    "numbers of another machine": ["other_numbers"],
}
# What such a namespace of its own hides is hidden for good.
HIDDEN_BY = {"the host's name": "uts", "control groups": "cgroup"}
# Only told: a session of one's own is enough, and is no answer to part 5.
TOLD = {"typing into the caller's terminal": ["terminal_injection"]}
# Tried by 32-bit programs as well, where this machine runs them.
BY_I386 = {"mount_filesystem", "new_user_namespace", "kernel_log", "set_clock",
           "keyring", "load_module"}
PART_4 = ["chroot_breakout {marker}", "old_root {marker}"]

# state: open, refused (by a call), absent (an object), untried.
Result = collections.namedtuple("Result", "state evidence")
UNTRIED = Result("untried", "it did not answer")


def rows():
    """The commands of the table that part 5 is about."""
    found = []
    for line in TABLE.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            command, _, first, *_ = (part.strip() for part in line.split("|"))
            if first == "4" and category_of(command):
                found.append(command)
    found += ["terminal_injection controlling",
              "terminal_injection controlling high"]
    return found + [f"i386/{command}" for command in found
                    if command.split()[0] in BY_I386]


def category_of(command):
    command = command.replace("i386/", "")
    for name, starts in {**CATEGORIES, **TOLD}.items():
        if any(f"{command} ".startswith(f"{start} ") for start in starts):
            return name
    return None


def members(name, commands):
    starts = {**CATEGORIES, **TOLD}[name]
    return [command for command in commands if any(
        f"{command} ".replace("i386/", "").startswith(f"{start} ")
        for start in starts)]


def values(host):
    disk = os.stat(TOP).st_dev
    return {"marker": host.secret, "name": host.name,
            "disk": f"{os.major(disk)}:{os.minor(disk)}",
            "major": os.major(disk), "minor": os.minor(disk)}


def of_part_4(_host):
    return list(PART_4)


def chosen(controls):
    """Those that work in the control."""
    return [command for command, result in controls["open"].items()
            if result.state == "open"] if controls else rows()


def put(pid, names):
    """Copy the programs into a directory below the root of PID; its name
    there, "" if no place would have them."""
    programs = {}
    for name in names:
        file = BUILT_32 / name[5:] if name.startswith("i386/") else \
            BUILT / name
        if file.exists():
            programs[name.replace("/", "-")] = file.read_bytes()
    directory = f"a-{secrets.token_hex(6)}"

    def work():
        for place in Marks.PLACES:
            path = os.path.join(place, directory)
            try:
                os.mkdir(path)
                os.chmod(path, 0o1777)
                for name, data in programs.items():
                    with open(os.path.join(path, name), "wb") as file:
                        file.write(data)
                    os.chmod(os.path.join(path, name), 0o755)
                if not os.statvfs(path).f_flag & os.ST_NOEXEC:
                    return path
            except OSError:
                pass
            remove(path)
        return ""

    return visit(pid, work) or ""


def remove(path):
    try:
        for name in os.listdir(path):
            os.unlink(os.path.join(path, name))
        os.rmdir(path)
    except OSError:
        pass
    return ""


def run(host, seen, start, commands):
    """Run them in the dialogue: (command -> Result, words of what was edited).
    The shell writes each result into a file, which we read from outside, and
    tells it as well: between the two the program may stand."""
    if not commands:
        return {}, []
    place = put(seen.pid, {command.split()[0] for command in commands})
    if not place:
        return {command: Result("untried", "no place in the sandbox takes a "
                                "program") for command in commands}, []
    lines, replace = [], values(host)
    for number, command in enumerate(commands):
        try:
            words = [word.format(**replace) for word in
                     command.replace("i386/", "i386-").split()]
        except KeyError:
            continue  # what it looks for is not on the judge's host
        lines.append(f"x=$(TELL_ABSENT=1 {place}/{shlex.join(words)} "
                     f"</dev/null 2>&1); x=$?:$x; echo \"$x\" >{place}/"
                     f"a{number}; echo \"@$N<a{number}<$x>@\"\n")
    start.say("".join(lines) + "echo \"@$N<attacks<1>@\"\n")
    if start.hears:
        start.wait(lambda: "attacks" in start.answers() or start.ended() and
                   not start.selector.get_map(), SECONDS)
    else:
        start.let_it_work(SECONDS)
    said = start.answers()
    written = visit(seen.pid, lambda: read(place))
    edited, found = [], {}
    for number, command in enumerate(commands):
        heard, true = said.get(f"a{number}"), written.get(f"a{number}")
        if heard and true and heard[:2] != true[:2]:
            edited.append(f"an attack ended inside with {true[:1]}, and what "
                          f"was heard of it is {heard[:1]}: {command}")
        result = classify(true or heard)
        if not true and result.state in ("refused", "absent"):
            result = Result("untried", "it wrote no result; heard was: "
                            + result.evidence)
        found[command] = result
    return found, edited[:1]


def read(place):
    """name -> text of the results in PLACE, which goes."""
    found = {}
    try:
        for name in os.listdir(place):
            if name.startswith("a") and name[1:].isdigit():
                with open(os.path.join(place, name), encoding="utf-8",
                          errors="replace") as file:
                    found[name] = " ".join(file.read(4096).split())
    except OSError:
        pass
    remove(place)
    return found


def classify(answer):
    """attack.h says how an attack ends."""
    if not answer:
        return UNTRIED
    status, _, evidence = answer.partition(":")
    if status == "0":
        return Result("open", evidence)
    if status in ("2", "3"):
        return Result("absent", evidence)
    if status == "1" or status == "159":
        return Result("refused", evidence or "SIGSYS")
    return Result("untried", f"ended with {status}: {evidence}")


# ---- the controls ----

CONTROL = r"""#!/bin/sh
# How: $1 is "open" (pivot_root), "chroot", or "user" (a user namespace).
exec 9<&-
user=
[ "$HOW" != user ] || user="--user --map-root-user"
exec unshare $user --mount --pid --net --fork --kill-child sh -ec '
    mount --rbind "$ROOTFS" /mnt
    cd /mnt
    mount -t proc proc proc
    mount --rbind /dev dev
    [ "$HOW" != chroot ] || exec chroot . /bin/bash
    mkdir -p .old
    pivot_root . .old
    exec chroot . /bin/bash -c "umount -l /.old; rmdir /.old; exec /bin/bash"'
"""


def controls(image):
    """{"open": {command: Result}, "chroot": ..., "user": ..., "seen": Seen}.
    A control that does not start is an empty dictionary."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="os_isolate-control.") as place:
        own = not isinstance(image, Image)
        image = Image(image) if own else image
        try:
            for how in ("open", "chroot", "user"):
                path = pathlib.Path(place) / "os_isolate"
                path.write_text(CONTROL.replace(
                    "exec 9", f"export HOW={how}\nexec 9", 1))
                path.chmod(0o755)
                found[how], found[f"{how} seen"] = one_control(path, image)
        finally:
            image.mend()
            if own:
                image.close()
    return found


def one_control(path, image):
    host = Host(path, image)
    start = Start(host)
    try:
        start.say(start.first)
        pids = start.wait(lambda: find(host, start.mark) or start.ended(), 10)
        if not isinstance(pids, list) or not pids:
            return {}, None
        seen = Seen(host, pids[0])
        results, _ = run(host, seen, start, rows())
        start.end(2)
        return results, seen
    finally:
        start.close()
        host.close()


# ---- what it comes to ----

def note(report, seen, results, controls_, public):
    """The results "category" and "holes"."""
    if public:
        report.note("category", "skip", "part 5 is judged when you hand in")
        return
    if not controls_ or not controls_.get("open"):
        report.note("category", "skip", "the judge's own control sandbox does "
                    "not run on this machine")
        return
    control = controls_["open seen"]
    differs = []
    if seen.seccomp != control.seccomp:
        differs.append(f"Seccomp {seen.seccomp}")
    if int(control.capabilities, 16) & ~int(seen.capabilities, 16):
        differs.append(f"CapEff {seen.capabilities}")
    by_user = seen.own("user") and not differs
    stopped, told, holes, open_, untried = [], [], [], [], []
    asked = chosen(controls_)
    for name in {**CATEGORIES, **TOLD}:
        tried = {command: results.get(command, UNTRIED)
                 for command in members(name, asked)}
        if not tried:
            untried.append(name)
            continue
        verdict, words = judge_category(name, tried, seen, results,
                                        controls_, by_user)
        through = [command for command, result in tried.items()
                   if result.state == "open"]
        if verdict == "stopped" and name in CATEGORIES:
            stopped.append(f"{name} ({words})")
        elif verdict != "open":
            told.append(f"{name}: {words}")
        else:
            open_.append(name)
            if any(one.state == "refused" for one in tried.values()):
                holes.append(f"{name}: {through[0]} gets through")
    words = f"stopped: {', '.join(stopped) or 'none'}"
    if told:
        words += f". Not counted: {'; '.join(told)}"
    words += f". Open: {', '.join(open_) or 'none'}"
    human = [*differs, *(["a user namespace"] if seen.own("user") else [])]
    if stopped and seen.strange:
        report.note("category", "human", "it says so in a shell that is not "
                    f"simply the image's ({seen.strange}). {words}")
    elif stopped:
        report.note("category", True, words)
    elif all(result.state == "untried" for result in results.values()):
        report.note("category", "human" if human else "skip",
                    f"no attack could be tried; {', '.join(human)}")
    elif human:
        report.note("category", "human", "no whole category is stopped, but "
                    f"it differs from a sandbox without defence by "
                    f"{', '.join(human)}. {words}")
    else:
        report.note("category", False, words)
    if stopped or holes:
        report.note("holes", not holes, "; ".join(holes) or "none")
    else:
        report.note("holes", "skip", "no attack is stopped", "category")
    if untried:
        report.remark("attacks not tried on this machine: "
                      + ", ".join(untried))


def judge_category(name, tried, seen, results, controls_, by_user):
    """("stopped" | "open" | "told", words)."""
    states = {result.state for result in tried.values()}
    if "open" in states:
        return "open", ""
    if "untried" in states:
        return "told", "some attacks did not answer"
    if states == {"absent"} or "absent" in states:
        why = "" if seen.own(HIDDEN_BY.get(name, "time")) else \
            absent_counts(tried, seen, results)
        if why:
            return "told", why
    if seen.chrooted and all(
            controls_["chroot"].get(command, UNTRIED).state == "refused"
            for command in tried):
        return "told", "refused by any chroot"
    if by_user and all(
            controls_["user"].get(command, UNTRIED).state != "open"
            for command in tried):
        return "told", "refused by the user namespace alone"
    refused = [result.evidence for result in tried.values()
               if result.state == "refused"]
    return "stopped", refused[0] if refused else "absent"


def absent_counts(tried, seen, results):
    """Why what is merely not there is no defence; "" if it is one: /proc or
    /dev is there, and one's own attempt to get the object was refused."""
    text = " ".join(command for command, result in tried.items()
                    if result.state == "absent")
    needs_dev = re.search(r"kernel_messages|device_node|raw_disk|disk", text)
    where, own = ("/dev", "device_node c 1 3") if needs_dev else \
        ("/proc", "uncover mount")
    there = seen.has["dev/null" if needs_dev else "proc/self"]
    if not there:
        return f"there is no {where} to find it in, which is no defence"
    if results.get(own, UNTRIED).state != "refused":
        return f"it is not there, but nothing refuses a {where} of one's own"
    return ""

