# shellcheck shell=sh
# shellcheck disable=SC2034 # names for who reads this
# SPDX-License-Identifier: MIT
# Virtual machines of QEMU, for tools/course/vm and tests/vm, which read this
# file: what each architecture is called, and how a machine without an init
# system begins.

# machine ARCH: set what QEMU and Debian call it.
machine() {
    package=qemu-system-x86 console=ttyS0 machine=pc cpu=max
    case $1 in
    i386) qemu=qemu-system-i386 linux=linux-image-686 ;;
    amd64) qemu=qemu-system-x86_64 linux=linux-image-amd64 ;;
    arm64) qemu=qemu-system-aarch64 linux=linux-image-arm64
        package=qemu-system-arm console=ttyAMA0 machine=virt cpu=cortex-a72 ;;
    *) echo "${0##*/}: ARCH is amd64, i386 or arm64" >&2 && exit 125 ;;
    esac
}

need_qemu() {
    command -v "$qemu" >/dev/null || {
        echo "${0##*/}: needs $qemu. Try: apt-get install $package" >&2
        exit 125
    }
}

# The first lines of process 1 in there.
init_begins() {
    cat <<'INIT'
#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LANG=C.UTF-8
mountpoint -q /proc || mount -t proc proc /proc
mountpoint -q /sys || mount -t sysfs sys /sys
[ -c /dev/null ] || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# As systemd does: ps(1) makes its columns of that width.
[ "$(getconf LONG_BIT)" = 32 ] || echo 4194304 >/proc/sys/kernel/pid_max
ln -sfn /proc/self/fd /dev/fd
ip link set lo up
hostname vm
INIT
}
