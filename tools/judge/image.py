# SPDX-License-Identifier: MIT
"""The root file system that submissions are given."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile


class Image:
    """A copy of the root file system, in memory and in our own mount table.
    (Not an overlay: it has no idmapped mounts. Nor had tmpfs before Linux 6.3:
    then on disk.) What a submission changes is seen, and mended."""

    def __init__(self, source):
        self.source = pathlib.Path(source)
        self.is_mount = tuple(map(int, re.findall(
            r"\d+", os.uname().release)[:2])) >= (6, 3)
        self.dir = pathlib.Path(tempfile.mkdtemp(
            prefix="os_isolate-image.",  # /tmp is often a tmpfs, too
            dir=None if self.is_mount else "/var/tmp"))
        self.dir.chmod(0o755)
        if self.is_mount:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs",
                            self.dir], check=True)
        self.path = self.dir / "rootfs"
        self.copy()

    def copy(self):
        shutil.rmtree(self.path, ignore_errors=True)
        subprocess.run(["cp", "-a", self.source, self.path], check=True)
        self.before = self.files()

    def files(self):
        """Each file, and what would change with it."""
        found, top = {}, str(self.path)
        for directory, below, files in os.walk(top):
            links = [name for name in below
                     if os.path.islink(os.path.join(directory, name))]
            for name in [".", *files, *links]:
                path = os.path.join(directory, name)
                with contextlib.suppress(OSError):
                    st = os.lstat(path)
                    found[path[len(top):]] = (
                        st.st_mode, st.st_uid,
                        0 if name == "." else st.st_size,
                        0 if name == "." else st.st_mtime_ns)
        return found

    def mend(self):
        """What has changed, by name; afterwards nothing has."""
        now = self.files()
        changed = sorted(name for name in {**now, **self.before}
                         if now.get(name) != self.before.get(name))
        if len(changed) > 1000:
            self.copy()
        else:
            for name in changed:
                self.clear_way(name)
            for name in sorted(changed, key=lambda name: (
                    not name.endswith("/."), name)):  # directories first
                self.mend_one(name)
        return changed

    def clear_way(self, name):
        """Where a directory was, a link may be: to a directory of the
        machine. Nothing is done through it; it is taken away."""
        mine, source = str(self.path), str(self.source)
        for part in name.split("/")[1:]:
            mine, source = f"{mine}/{part}", f"{source}/{part}"
            real = os.path.isdir(source) and not os.path.islink(source)
            bad = os.path.islink(mine) or os.path.lexists(mine) and \
                not os.path.isdir(mine)
            if bad and (real or not os.path.lexists(source)):
                os.unlink(mine)
            if not real:
                return

    def mend_one(self, name):
        """A file is copied anew; a directory ("/NAME/.") gets its mode."""
        mine, source = f"{self.path}{name}", f"{self.source}{name}"
        if name.endswith("/."):
            if name not in self.before:
                shutil.rmtree(mine[:-2], ignore_errors=True)
                return
            os.makedirs(mine, exist_ok=True)
            shutil.copystat(source, mine)
            os.chown(mine, os.stat(source).st_uid, os.stat(source).st_gid)
            return
        with contextlib.suppress(OSError):
            os.unlink(mine)
        if name in self.before:
            shutil.rmtree(mine, ignore_errors=True)  # if a directory is there
            subprocess.run(["cp", "-a", source, mine], check=True)

    def close(self):
        if self.is_mount:
            subprocess.run(["umount", "--lazy", self.dir], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
