/* Preloaded into a process, writes down in order what it does to the files of one folder, and what it says on its standard output.
 *
 * Record: op (1 byte: W write, T truncate, S sync, U unlink, A said), path length (2), offset or length (8), data length (4), path, data.
 * DISKLOG_DIR names the folder, DISKLOG_FILE the log. One process, a few threads; children are not followed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define FDS 1024
static char *paths[FDS];
static int log_fd = -1;
static const char *folder;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
  folder = getenv("DISKLOG_DIR");
  const char *file = getenv("DISKLOG_FILE");
  if (folder && file) log_fd = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(char op, const char *path, uint64_t number, const void *data, uint32_t length) {
  if (log_fd < 0) return;
  uint16_t path_length = path ? strlen(path) : 0;
  size_t total = 15 + path_length + length;
  char *record = malloc(total);
  record[0] = op;
  memcpy(record + 1, &path_length, 2);
  memcpy(record + 3, &number, 8);
  memcpy(record + 11, &length, 4);
  if (path_length) memcpy(record + 15, path, path_length);
  if (length) memcpy(record + 15 + path_length, data, length);
  syscall(SYS_write, log_fd, record, total);
  free(record);
}

static const char *path_of(int fd) { return fd >= 0 && fd < FDS ? paths[fd] : NULL; }

static int opened(int fd, const char *path) {
  if (folder && fd >= 0 && fd < FDS) {
    free(paths[fd]);
    paths[fd] = strncmp(path, folder, strlen(folder)) == 0 ? strdup(path) : NULL;
  }
  return fd;
}

#define OPEN(name)                                                      \
  int name(const char *path, int flags, ...) {                          \
    va_list more;                                                       \
    va_start(more, flags);                                              \
    int mode = flags & O_CREAT ? va_arg(more, int) : 0;                 \
    va_end(more);                                                       \
    return opened(syscall(SYS_openat, AT_FDCWD, path, flags, mode), path); \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  if (path_of(fd)) {
    free(paths[fd]);
    paths[fd] = NULL;
  }
  return REAL(close)(fd);
}

/* The note is taken after the call and under one lock, so that the log's order is the order in which the kernel knew. */
#define NOTED(call, op, path, number, data, length) \
  pthread_mutex_lock(&lock);                        \
  __auto_type result = call;                        \
  if (result >= 0) note(op, path, number, data, length); \
  pthread_mutex_unlock(&lock);                      \
  return result;

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
  if (!path_of(fd)) return syscall(SYS_pwrite64, fd, data, length, at);
  NOTED(syscall(SYS_pwrite64, fd, data, length, at), 'W', path_of(fd), at, data, result)
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return pwrite64(fd, data, length, at); }

ssize_t write(int fd, const void *data, size_t length) {
  if (fd != 1) return syscall(SYS_write, fd, data, length);
  NOTED(syscall(SYS_write, fd, data, length), 'A', NULL, 0, data, result)
}

int ftruncate64(int fd, off64_t length) {
  if (!path_of(fd)) return syscall(SYS_ftruncate, fd, length);
  NOTED(syscall(SYS_ftruncate, fd, length), 'T', path_of(fd), length, NULL, 0)
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fsync(int fd) {
  if (!path_of(fd)) return syscall(SYS_fsync, fd);
  NOTED(syscall(SYS_fsync, fd), 'S', path_of(fd), 0, NULL, 0)
}
int fdatasync(int fd) {
  if (!path_of(fd)) return syscall(SYS_fdatasync, fd);
  NOTED(syscall(SYS_fdatasync, fd), 'S', path_of(fd), 0, NULL, 0)
}

int unlink(const char *path) {
  if (!folder || strncmp(path, folder, strlen(folder)) != 0) return syscall(SYS_unlink, path);
  NOTED(syscall(SYS_unlink, path), 'U', path, 0, NULL, 0)
}
