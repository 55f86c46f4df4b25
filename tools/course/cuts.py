# SPDX-License-Identifier: MIT
"""Sources with parts of them cut out, by tools/course/cuts.txt.

    read_cuts()              its rows
    files(track)             the paths of the sources of a track
    cut_tree(track, solved)  {path: text}; what parts in SOLVED need is left in
    removed(track)           the lines that the cuts of all parts take out

No parser of C: our own style is asked for, in which a definition begins in
the first column and ends with a } or a ; there.
"""
import collections
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PARTS = [1, 2, 3, 4, 5]
Cut = collections.namedtuple("Cut", "track part file item instead")

# What an include is for: it goes with the last of these words. One that is not
# listed stays.
NEEDED_FOR = {
    "dirent.h": r"\bDIR\b|opendir|readdir|fdopendir",
    "errno.h": r"\berrno\b|\bE(PERM|INVAL|NO[A-Z]+|ACCES|XDEV|BUSY|AGAIN"
               r"|INTR|ISDIR|EXIST|USERS|PIPE|IO|BADF|CHILD|ROFS|SRCH|LOOP)\b",
    "fcntl.h": r"\bopen(at)?\(|\bO_[A-Z]+|\bAT_[A-Z]+|\bF_[A-Z]+|fcntl\(",
    "filters.h": r"\b(full|native)_filter\b",
    "grp.h": r"setgroups", "limits.h": r"PATH_MAX|INT_MAX|[A-Z]+_MAX\b",
    "linux/capability.h": r"\bCAP_|__user_cap|_LINUX_CAPABILITY",
    "linux/filter.h": r"sock_f|\bBPF_", "linux/magic.h": r"_MAGIC\b",
    "linux/seccomp.h": r"SECCOMP_", "linux/securebits.h": r"\bSECBIT|SECURE_",
    "net/if.h": r"\bifreq\b|\bIFF_", "poll.h": r"pollfd|\bPOLL",
    "plumbing/refused.h": r"tell_refused_call|load_telling_filter",
    "sched.h": r"\bCLONE_|\bclone\(|\bunshare\(|\bsetns\(",
    "signal.h": r"\bSIG[A-Z_]+|sigset|sigproc|\bkill\(|\braise\(|_NSIG",
    "stdbool.h": r"\bbool\b|\btrue\b|\bfalse\b",
    "stddef.h": r"\bNULL\b|size_t|offsetof",
    "stdint.h": r"u?int(8|16|32|64)_t",
    "stdio.h": r"printf\(|perror\(|\bFILE\b|rename(at)?\(",
    "stdlib.h": r"\b(get|set|clear|put)env\(|\bexit\(|realpath|alloc\(|strto"
                r"|\bfree\(|atoi",
    "string.h": r"\b(str|mem)[a-z]+\(|basename",
    "sys/ioctl.h": r"ioctl\(|\bTIOC|winsize",
    "sys/mount.h": r"\bu?mount2?\(|\bMS_|\bMNT_", "sys/mman.h": r"mmap|MAP_",
    "sys/personality.h": r"personality\(|PER_", "sys/prctl.h": r"prctl\(|PR_",
    "sys/random.h": r"getrandom", "sys/resource.h": r"rlimit|RLIMIT_",
    "sys/signalfd.h": r"signalfd",
    "sys/socket.h": r"\bsocket(pair)?\(|\bAF_|\bSOCK_|sendmsg|recvmsg|\bsend\(",
    "sys/stat.h": r"\bstruct stat\b|f?stat\(|mkdir|mknod|umask|\bS_I|chmod",
    "sys/statfs.h": r"statfs", "sys/statvfs.h": r"statvfs", "sys/syscall.h": r"\bSYS_|syscall\(",
    "sys/sysmacros.h": r"makedev|major\(|minor\(", "sys/time.h": r"timeval",
    "sys/types.h": r"_t\b", "sys/utsname.h": r"utsname|uname\(",
    "sys/vfs.h": r"statfs",
    "sys/wait.h": r"wait(pid|id)?\(|\bW[A-Z]+\(",
    "sys/xattr.h": r"xattr\(", "time.h": r"clock_|timespec",
    "unistd.h": r"\b(close|read|write|_exit|exec[a-z]+|getpid|chdir|fork|dup2?"
                r"|access|pipe2?|unlink|symlink|chown|rmdir|get[eug]+id"
                r"|set[res]*[ug]id|setsid|getsid|readlink|pause|close_range"
                r"|setpgid|fchown|fchdir|sethostname|setdomainname|getopt"
                r"|environ|pivot_root|syscall|lseek|isatty|sleep"
                r"|link(at)?)\b",
}


def read_cuts():
    rows = []
    for line in (TOP / "tools/course/cuts.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            track, part, file, item, instead = (
                word.strip() for word in line.split(" |", 4))
            rows.append(Cut(track, int(part), file, item,
                            instead.replace("$N", part)))
    return rows


def files(track):
    if track == "A":
        return ["tests/course/one_file.c"]
    return sorted(str(path.relative_to(TOP)) for pattern in (
        "common/*.[ch]", "common/plumbing/*.[ch]", "step*/*.[ch]",
        "step4_seccomp/plumbing/*.[ch]", "step4_seccomp/*.txt") for path in TOP.glob(pattern))


def code(text):
    """Without comments and strings."""
    return re.sub(r'/\*.*?\*/|"(\\.|[^"\\\n])*"', '""', text, flags=re.S)


# ---- one cut --------------------------------------------------------------

def cut_function(text, name, instead, where):
    found = re.search(rf"^[a-z_][^\n;{{}}#]*\b{name}\([^;{{}}]*\)\n{{\n(.*?)^}}\n",
                      text, re.M | re.S)
    if not found:
        raise SystemExit(f"cuts.txt: {where}: no function {name}")
    # What stands above it in our own tree tells how; the header says what.
    above = re.search(r"^/\*(?:(?!\*/).)*\*/\n\Z", text[:found.start()],
                      re.M | re.S)
    if above and not where.startswith("tests/"):
        return text[:above.start()] + cut_function(
            text[above.end():], name, instead, where)
    lines = re.split(r"(?<=;) (?!/\*)", instead)
    body = "".join(f"    {line}\n" for line in lines)
    return text[:found.start(1)] + body + text[found.end(1):]


def cut_macro(text, name, instead, where):
    new, count = re.subn(rf"^(#define {name}\b) *(?:.*\\\n)*.*\n",
                         rf"\1 {instead}\n", text, flags=re.M)
    if count != 1:
        raise SystemExit(f"cuts.txt: {where}: no macro {name}")
    return new


# ---- what goes with it ----------------------------------------------------

DEFINITION = re.compile(
    r"(?:^/\*(?:(?!\*/).)*\*/\n)?"            # its comment
    r"(?:^#define (?P<macro>\w+)\b(?:[^\n]*\\\n)*[^\n]*\n"
    r"|^enum[^;]*?{(?P<enum>[^}]*)};[^\n]*\n"
    r"|^static [^\n;={}]*?\b(?P<function>\w+)\([^;{}]*\)\n{\n.*?^}\n"
    r"|^static (?:const )?struct {\n[^()]*?^} (?P<rows>\w+)\[\] = {\n.*?^};\n"
    r"|^static [^;={}()]*?\b(?P<table>\w+)(?:\[[^\]]*\])*"
    r"(?:| =\s{\n.*?^}| =[^;{]*(?:{[^;\n]*})?);[^\n]*\n)\n?",
    re.M | re.S)


def names_of(found):
    if found["enum"] is not None:
        return re.findall(r"\b([A-Z]\w*)\b(?=\s*(?:=|,|$))",
                          code(found["enum"]).strip())
    return [found["macro"] or found["function"] or found["rows"] or
            found["table"]]


def tidy(text, before):
    """Remove what TEXT defines for itself and needs no more, and BEFORE the
    cuts needed; then the includes."""
    while True:
        for found in DEFINITION.finditer(text):
            rest = code(text[:found.start()] + text[found.end():])
            names = names_of(found)
            if not any(name.endswith(("_SOURCE", "_H")) or
                       re.search(rf"\b{name}\b", rest) for name in names):
                text = text[:found.start()] + text[found.end():]
                break
        else:
            break
    plain = re.sub("^#include.*", "", code(text), flags=re.M)
    for line, header in re.findall(r'^(#include <(.*?)>\n)', before, re.M):
        if not re.search(NEEDED_FOR.get(header, ""), plain):
            text = text.replace(line, "")
    for header in ("filters.h", "plumbing/refused.h"):
        if not re.search(NEEDED_FOR[header], plain):
            text = text.replace(f'#include "{header}"\n', "")
    text = re.sub(r"\n{3,}", "\n\n", text)
    return text


# ---- trees ----------------------------------------------------------------

def cut_tree(track, solved=()):
    rows = [row for row in read_cuts()
            if row.track == track and row.part not in solved]
    tree = {}
    for path in files(track):
        mine = [row for row in rows if row.file == path]
        if any(row.item == "=" for row in mine):
            continue
        before = text = (TOP / path).read_text()
        for row in mine:
            change = cut_macro if row.item.startswith("#") else cut_function
            text = change(text, row.item.lstrip("#"), row.instead, path)
        tree[path] = tidy(text, before) if mine else text
    missing = {row.file for row in rows} - set(files(track))
    if missing:
        raise SystemExit(f"cuts.txt: no such file: {' '.join(missing)}")
    return tree


def removed(track):
    """Lines of code that are nowhere in the cut tree."""
    whole = cut_tree(track, solved=PARTS)
    left = {line.strip() for text in cut_tree(track).values()
            for line in text.splitlines()}
    return {line.strip() for text in whole.values()
            for line in text.splitlines()} - left
