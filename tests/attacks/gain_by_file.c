/* SPDX-License-Identifier: MIT
 *
 * Turn nobody into root, by a file: set-user-ID, or with capabilities.
 *
 * Root in the sandbox can prepare such a file for a user who is not; and so
 * can an image, or a volume that the host shares with it.
 * It copies itself to a directory in /tmp, gives the copy mode 4755 or the
 * attribute security.capability, becomes nobody and runs it. The copy only
 * tells who it is. Harmless: the directory is removed at once.
 * Step 4 stops it, more than twice: mounts are nosuid, no_new_privs holds for
 * whatever is executed, no capability is left to give, and CAP_SETFCAP is not
 * there to write the attribute. See execve(2), capabilities(7).
 */
#include <endian.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "attack.h"

enum { NOBODY = 65534 };

static int tell_who_i_am(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct held[2] = {{0}};

    syscall(SYS_capget, &header, held);
    printf("run by nobody: uid %u, capabilities %x\n", geteuid(),
           held[0].effective);
    return geteuid() == NOBODY && held[0].effective == 0;
}

static void copy_of_myself(const char *path)
{
    static char program[4 << 20];
    int from = open("/proc/self/exe", O_RDONLY);
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
    ssize_t size = read(from, program, sizeof(program));

    if (size <= 0 || write(to, program, (size_t)size) != size)
        stopped("copy");
    close(to);
}

int main(int argc, char **argv)
{
    const struct vfs_cap_data attribute = {
        .magic_etc = htole32(VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE),
        .data = {{.permitted = htole32(1U << CAP_SYS_ADMIN)}}};
    char dir[] = "/tmp/gain.XXXXXX", path[sizeof(dir) + 2];
    const char *way = argc == 2 ? argv[1] : "";
    int status = -1, refused;

    if (strcmp(way, "tell") == 0)
        return tell_who_i_am();
    if (geteuid() != 0 || mkdtemp(dir) == NULL || chmod(dir, 0711) < 0)
        does_not_apply("this needs root and a /tmp");
    snprintf(path, sizeof(path), "%s/x", dir);
    copy_of_myself(path);
    if (strcmp(way, "setuid") == 0)
        refused = chmod(path, 04755);
    else
        refused = setxattr(path, "security.capability", &attribute,
                           XATTR_CAPS_SZ_2, 0);
    int error = errno;
    if (refused == 0 && fork() == 0) {
        if (setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
            setresuid(NOBODY, NOBODY, NOBODY) == 0)
            execl(path, "x", "tell", (char *)NULL);
        stopped("run it as nobody");
    }
    wait(&status);
    unlink(path);
    rmdir(dir);
    errno = error;
    if (refused < 0)
        stopped(way);
    return WEXITSTATUS(status);
}
