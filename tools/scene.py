# SPDX-License-Identifier: MIT
"""What the page shows of the four steps, recorded on the simulated host: its
tree is the image's, with a home and a secret in it, so that nothing of the
machine that makes the page gets in.

    play()      a context: this process moves there, for good
    Scene       everything that was recorded there
"""
import contextlib
import os
import re
import subprocess

import lab
import picture
from lab import PROGRAMS, TOP

SECRET = "/home/student/secret"
# Before lab.play_host() does its part: a tree of its own. It is the image with
# a layer above, as in step 3; lowerdir is relative, so it tells no path.
TREE = rf"""
mount --make-rprivate /
top=$PWD
mount -t tmpfs tmpfs /mnt
mkdir /mnt/image /mnt/up /mnt/work /mnt/root
mount --bind "$IMAGE" /mnt/image
cd /mnt
mount -t overlay -o lowerdir=image,upperdir=up,workdir=work overlay root
cd root
mkdir -p .old .top dev proc sys tmp mnt root home/student lost+found
echo "it is 42" >.{SECRET}
mount --rbind "$top" .top
[ -e .top/rootfs ] || mkdir .top/rootfs
mount --rbind "$IMAGE" .top/rootfs
mount --rbind /dev dev
mount -t proc proc proc
pivot_root . .old
umount -l /.old
rmdir /.old
ROOTFS=
cd /.top
"""
AFTER = "cd /; umount -l /.top; rmdir /.top; mount -t tmpfs tmpfs /mnt"
BREAKOUT = "build/tests/attacks/chroot_breakout"
# Of each step: what a user asks, in a shell; and the naive attempt that fails.
ASKED = {1: "ps aux", 2: "ip -brief link; ls /sys/class/net",
         3: f"cat {SECRET}; ls /home",
         4: "dmesg | wc -l; hostname; "
            "grep -E 'CapEff|Seccomp:' /proc/self/status"}
NAIVE = {1: "unshare --pid --fork sh -c 'echo I am $$; ps aux'",
         2: "unshare --net sh -c 'ip -brief link; ls /sys/class/net'",
         3: f"chroot /tmp/jail /chroot_breakout {SECRET}",
         4: "step3_mnt/os_isolate sh -c \"dmesg | wc -l; hostname; "
            "grep -E 'CapEff|Seccomp:' /proc/self/status\""}


@contextlib.contextmanager
def play():
    with lab.play_host(before=f"IMAGE='{lab.image()}'\n{TREE}"):
        subprocess.run(["sh", "-ec", AFTER + f"""
            mkdir -p /tmp/jail/tmp
            cp /root/os_isolate/{BREAKOUT} /tmp/jail/"""], check=True)
        yield


# What somebody sees: processes, devices, files, name; then they wait.
SEEN = ("ps -e -o pid=,comm=; echo; ip -o link; echo; ls /; echo; hostname;"
        " echo; echo end; read -r _")
LOOK = r"""
: >/tmp/seen
mkfifo /tmp/go
"$@" </tmp/go >/tmp/seen &
exec 9>/tmp/go
launcher=$! tries=0
until grep -q '^end$' /tmp/seen; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] && kill -0 $launcher || exit 1
    sleep 0.05
done
pid=$launcher
case $1 in *os_isolate) pid=$(cat /proc/$pid/task/$pid/children) ;; esac
cat /tmp/seen
echo $$
"""


def look(*command):
    """A record of what this command's process sees, which runs SEEN."""
    script = LOOK + f"({picture.facts('${pid% }')})\nexec 9>&-; wait; rm /tmp/go"
    text = subprocess.run(
        ["/bin/bash", "-c", script, "sh", *command, "-c", SEEN], check=True,
        stdout=subprocess.PIPE, text=True).stdout
    seen, _, printed = text.partition("\nend\n")
    processes, devices, files, name = [
        [line.strip() for line in part.split("\n")]
        for part in seen.strip().split("\n\n")]
    here = int(printed.split("\n")[0])  # this shell; what came after is ours
    if command[0] == "/bin/bash":
        processes = [line for line in processes if int(line.split()[0]) < here]
    return picture.record(
        printed.split("\n")[1:], [" ".join(line.split()) for line in processes],
        [re.split(r"[:@] *", line)[1] for line in devices], files, name[0])


class Scene:
    """Made inside of play()."""

    def __init__(self):
        self.host = look("/bin/bash")
        self.own, self.asked, self.naive, self.before = {}, {}, {}, {}
        for step, program in PROGRAMS.items():
            program = os.path.relpath(program, TOP)
            self.own[step] = look(program, "-b", "/bin/bash", "--")
            quoted = ASKED[step].replace("'", "'\\''")
            self.before[step] = lab.output(f"sh -c '{quoted}'")
            self.asked[step] = lab.output(f"{program} -b /bin/sh -- -c '{quoted}'")
            self.naive[step] = lab.output(NAIVE[step])
