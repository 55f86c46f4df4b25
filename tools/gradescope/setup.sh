#!/bin/sh
# Gradescope runs this once, when it makes the image: install the judge. The
# zip that you upload has this file, run_autograder and os_isolate/, the tree.
set -eu
place=${AUTOGRADER:-/autograder}
[ -d "$place/os_isolate" ] || cp -a "$place/source/os_isolate" "$place/"
cd "$place/os_isolate"
if ! command -v make >/dev/null; then
    apt-get -q update
    apt-get -q -y install --no-install-recommends make
fi
tools/setup grade
make -s attacks build/tests/abilities
make -s rootfs
