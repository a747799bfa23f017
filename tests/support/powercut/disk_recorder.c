/* Records what a process does to the files below one folder, in the order in which it is done, with every fsync.

   LD_PRELOAD=disk_recorder.so POWERCUT_ROOT=/folder POWERCUT_TRACE=/elsewhere/trace program …

   The process runs as always. `replay.py` reads the trace and builds the folder as a power cut would leave it: with
   what was synced, and with as much or as little as one likes of what was not. What the process says (bytes written to
   pipes, sockets and standard output) is recorded too, before it leaves, so that a promise has its place in the order.

   One record is one write(2) to a file opened with O_APPEND, so that threads and child processes share one order:
   a change is recorded after it was made, an fsync when it begins and when it has ended, words before they are said.

   record: u32 length of all that follows · u8 operation · u32 process · u64 file (inode) · i64 number ·
           u32 length of the first text · first text · rest: second text                                            */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 65536
static char tracked[MOST_FILES];
static char root[PATH_MAX];
static int trace = -1;

static void load(void) {
    if (trace != -1) return;
    const char *folder = getenv("POWERCUT_ROOT"), *path = getenv("POWERCUT_TRACE");
    if (!folder || !path) { trace = -2; return; }
    snprintf(root, sizeof root, "%s", folder);
    int handle = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    /* High, so that no program that counts on low numbers meets it. */
    trace = fcntl(handle, F_DUPFD_CLOEXEC, 900);
    syscall(SYS_close, handle);
}

static void put(char op, uint64_t ino, int64_t number, const void *one, size_t len1, const void *two, size_t len2) {
    load();
    if (trace < 0) return;
    int kept = errno;
    size_t whole = 1 + 4 + 8 + 8 + 4 + len1 + len2;
    char *buffer = malloc(4 + whole), *at = buffer;
    uint32_t w = whole, pid = getpid(), l1 = len1;
    memcpy(at, &w, 4); at += 4;
    *at++ = op;
    memcpy(at, &pid, 4); at += 4;
    memcpy(at, &ino, 8); at += 8;
    memcpy(at, &number, 8); at += 8;
    memcpy(at, &l1, 4); at += 4;
    if (len1) memcpy(at, one, len1);
    at += len1;
    if (len2) memcpy(at, two, len2);
    size_t done = 0;
    while (done < 4 + whole) {
        long n = syscall(SYS_write, trace, buffer + done, 4 + whole - done);
        if (n <= 0) _exit(97);
        done += n;
    }
    free(buffer);
    errno = kept;
}

/* The absolute path without links in the folders; 0 where it does not lie below the root. */
static int below(const char *path, char *out) {
    load();
    if (trace < 0) return 0;
    int kept = errno;
    char copy[PATH_MAX], folder[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    size_t end = strlen(copy);
    while (end > 1 && copy[end - 1] == '/') copy[--end] = 0;
    char *slash = strrchr(copy, '/');
    const char *name = slash ? slash + 1 : copy;
    if (slash == copy) snprintf(folder, sizeof folder, "/");
    else if (slash) { *slash = 0; snprintf(folder, sizeof folder, "%s", copy); }
    else snprintf(folder, sizeof folder, ".");
    char real[PATH_MAX];
    int found = 0;
    if (realpath(folder, real)) {
        snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") ? real : "", name);
        size_t length = strlen(root);
        found = !strncmp(out, root, length) && (out[length] == '/' || out[length] == 0);
    }
    errno = kept;
    return found;
}

static uint64_t inode(int fd) { struct stat s; int kept = errno; uint64_t n = fstat(fd, &s) ? 0 : s.st_ino; errno = kept; return n; }
static int is_tracked(int fd) { return fd >= 0 && fd < MOST_FILES && tracked[fd]; }
static int says(int fd) {
    struct stat s;
    int kept = errno, yes = fd == 1 || (fstat(fd, &s) == 0 && (S_ISSOCK(s.st_mode) || S_ISFIFO(s.st_mode)));
    errno = kept;
    return yes;
}

static int opened(const char *path, int fd, int flags) {
    char where[PATH_MAX];
    if (fd >= 0 && fd < MOST_FILES) {
        tracked[fd] = below(path, where);
        if (tracked[fd]) put('C', inode(fd), flags, where, strlen(where), 0, 0);
    }
    return fd;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list a; va_start(a, flags); mode = va_arg(a, mode_t); va_end(a); }
int open(const char *p, int flags, ...) { MODE return opened(p, syscall(SYS_openat, AT_FDCWD, p, flags, mode), flags); }
int open64(const char *p, int flags, ...) { MODE return opened(p, syscall(SYS_openat, AT_FDCWD, p, flags, mode), flags); }
int openat(int at, const char *p, int flags, ...) {
    MODE int fd = syscall(SYS_openat, at, p, flags, mode);
    return at == AT_FDCWD || *p == '/' ? opened(p, fd, flags) : fd;
}
int openat64(int at, const char *p, int flags, ...) {
    MODE int fd = syscall(SYS_openat, at, p, flags, mode);
    return at == AT_FDCWD || *p == '/' ? opened(p, fd, flags) : fd;
}
int close(int fd) {
    if (fd >= 0 && fd == trace) return 0;
    if (fd >= 0 && fd < MOST_FILES) tracked[fd] = 0;
    return syscall(SYS_close, fd);
}

static long wrote(int fd, long n, const void *data, int64_t offset) {
    if (n > 0) put('W', inode(fd), offset, data, n, 0, 0);
    return n;
}
ssize_t write(int fd, const void *data, size_t size) {
    if (is_tracked(fd)) {
        int flags = fcntl(fd, F_GETFL);
        int64_t offset = syscall(SYS_lseek, fd, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
        return wrote(fd, syscall(SYS_write, fd, data, size), data, offset);
    }
    if (says(fd)) put('S', 0, fd, data, size, 0, 0);
    return syscall(SYS_write, fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    long n = syscall(SYS_pwrite64, fd, data, size, offset);
    return is_tracked(fd) ? wrote(fd, n, data, offset) : n;
}
ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) { return pwrite(fd, data, size, offset); }
static void said(int fd, const struct iovec *parts, int count) {
    for (int i = 0; i < count; i++) if (parts[i].iov_len) put('S', 0, fd, parts[i].iov_base, parts[i].iov_len, 0, 0);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (is_tracked(fd)) { /* nothing of ours writes files so; were it to, the replay would lack it silently */
        static const char words[] = "disk_recorder: writev to a file\n";
        syscall(SYS_write, 2, words, sizeof words - 1);
        _exit(98);
    }
    if (says(fd)) said(fd, parts, count);
    return syscall(SYS_writev, fd, parts, count);
}
ssize_t send(int fd, const void *data, size_t size, int flags) {
    put('S', 0, fd, data, size, 0, 0);
    return syscall(SYS_sendto, fd, data, size, flags, 0, 0);
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    said(fd, message->msg_iov, message->msg_iovlen);
    return syscall(SYS_sendmsg, fd, message, flags);
}

static int synced(int fd, long call) {
    if (!is_tracked(fd)) return syscall(call, fd);
    uint64_t file = inode(fd);
    put('B', file, fd, 0, 0, 0, 0);
    int result = syscall(call, fd);
    put('E', file, result ? -1 : fd, 0, 0, 0, 0);
    return result;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int ftruncate(int fd, off_t size) {
    int result = syscall(SYS_ftruncate, fd, size);
    if (!result && is_tracked(fd)) put('T', inode(fd), size, 0, 0, 0, 0);
    return result;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

static int renamed(const char *from, const char *to, int result) {
    char a[PATH_MAX], b[PATH_MAX];
    if (!result && below(to, b) && below(from, a)) put('R', 0, 0, a, strlen(a), b, strlen(b));
    return result;
}
int rename(const char *from, const char *to) { return renamed(from, to, syscall(SYS_rename, from, to)); }
int renameat(int fa, const char *from, int fb, const char *to) { return renamed(from, to, syscall(SYS_renameat, fa, from, fb, to)); }

static int changed(char op, const char *path, int result) {
    char where[PATH_MAX];
    if (!result && below(path, where)) put(op, 0, 0, where, strlen(where), 0, 0);
    return result;
}
int unlink(const char *path) { return changed('U', path, syscall(SYS_unlink, path)); }
int unlinkat(int at, const char *path, int flags) { return changed(flags & AT_REMOVEDIR ? 'D' : 'U', path, syscall(SYS_unlinkat, at, path, flags)); }
int remove(const char *path) { return changed('U', path, syscall(SYS_unlink, path)); }
int rmdir(const char *path) { return changed('D', path, syscall(SYS_rmdir, path)); }
int mkdir(const char *path, mode_t mode) { return changed('M', path, syscall(SYS_mkdir, path, mode)); }
int mkdirat(int at, const char *path, mode_t mode) { return changed('M', path, syscall(SYS_mkdirat, at, path, mode)); }
