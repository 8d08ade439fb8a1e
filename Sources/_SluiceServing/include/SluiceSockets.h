#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// Of headers that show them to who defines _GNU_SOURCE alone.
enum {
  sluice_so_peercred = 17,
  sluice_msg_cmsg_cloexec = 0x40000000,
  sluice_scm_rights = 1,
  sluice_memfd_cloexec_sealing = 1 | 2,
  sluice_f_add_seals = 1033,
  sluice_f_get_seals = 1034,
  sluice_seal_shrink_grow_seal = 2 | 4 | 1,
};

/// Who is at the other end of a socket, as it was when it connected.
typedef struct {
  int32_t process;
  uint32_t user, group;
} sluice_peer;

/// The address of a path, or with '@' of an abstract name; 0 where it is too long.
static inline socklen_t sluice_address(const char *_Nonnull path, struct sockaddr_un *_Nonnull address) {
  size_t count = strlen(path);
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (count == 0 || count >= sizeof address->sun_path) return 0;
  memcpy(address->sun_path, path, count);
  if (path[0] != '@') return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count + 1);
  address->sun_path[0] = 0;
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count);
}

/// A socket that listens, in the place of one that nobody listens at any more; or -errno.
static inline int sluice_listen(const char *_Nonnull path, bool packets, int backlog) {
  struct sockaddr_un address;
  socklen_t count = sluice_address(path, &address);
  if (!count) return -ENAMETOOLONG;
  int type = (packets ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  struct stat status;
  if (path[0] != '@' && lstat(path, &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return -EEXIST;
    int probe = socket(AF_UNIX, type, 0);
    if (probe < 0) return -errno;
    bool is_dead = connect(probe, (struct sockaddr *)&address, count) != 0 && errno == ECONNREFUSED;
    close(probe);
    if (!is_dead) return -EADDRINUSE;
    unlink(path);
  }
  int made = socket(AF_UNIX, type, 0);
  if (made < 0) return -errno;
  if (bind(made, (struct sockaddr *)&address, count) == 0 && listen(made, backlog) == 0) return made;
  int failure = errno;
  close(made);
  return -failure;
}

/// SOCK_STREAM or SOCK_SEQPACKET of a socket of AF_UNIX, else 0.
static inline int sluice_socket_type(int file) {
  int domain = 0, type = 0;
  socklen_t count = sizeof domain;
  if (getsockopt(file, SOL_SOCKET, SO_DOMAIN, &domain, &count) || domain != AF_UNIX) return 0;
  count = sizeof type;
  if (getsockopt(file, SOL_SOCKET, SO_TYPE, &type, &count)) return 0;
  return type == SOCK_STREAM || type == SOCK_SEQPACKET ? type : 0;
}

static inline void sluice_set_nonblocking(int file) {
  int flags = fcntl(file, F_GETFL);
  if (flags >= 0) fcntl(file, F_SETFL, flags | O_NONBLOCK);
  fcntl(file, F_SETFD, FD_CLOEXEC);
}

/// The next connection, or -errno.
static inline int sluice_accept(int listener, sluice_peer *_Nonnull peer) {
  int file = accept(listener, NULL, NULL);
  if (file < 0) return -errno;
  sluice_set_nonblocking(file);
  socklen_t count = sizeof *peer;
  int on = 1;
  if (getsockopt(file, SOL_SOCKET, sluice_so_peercred, peer, &count) || count != sizeof *peer) {
    close(file);
    return -EACCES;
  }
  // When a message was sent, so that the time that it waited here is known.
  setsockopt(file, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  return file;
}

/// One packet: its bytes, 0 at the end of the connection, or -errno; -EMSGSIZE where it has more than `room`.
/// `sent` becomes when it was sent, in nanoseconds of CLOCK_REALTIME, or 0.
static inline ptrdiff_t sluice_receive(int file, void *_Nonnull bytes, size_t room, int64_t *_Nonnull sent) {
  struct iovec part = {bytes, room};
  union {
    char bytes[256];
    struct cmsghdr head;
  } control;
  struct msghdr message = {0};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  *sent = 0;
  ssize_t count = recvmsg(file, &message, MSG_DONTWAIT | sluice_msg_cmsg_cloexec);
  if (count < 0) return -errno;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SO_TIMESTAMPNS && part->cmsg_len == CMSG_LEN(sizeof(struct timespec))) {
      struct timespec time;
      memcpy(&time, CMSG_DATA(part), sizeof time);
      *sent = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    } else if (part->cmsg_type == sluice_scm_rights) {
      // Nobody asked for them: without this they would stay open.
      for (size_t at = 0; at + sizeof(int) <= part->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
        int unwanted;
        memcpy(&unwanted, CMSG_DATA(part) + at, sizeof unwanted);
        close(unwanted);
      }
    }
  }
  return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : count;
}

/// Whether all was sent at once. Never waits.
static inline bool sluice_send(int file, const void *_Nonnull bytes, size_t count) {
  return send(file, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)count;
}

/// A datagram to a path or abstract name, with a file or with -1 none. 0, or an errno.
static inline int sluice_send_to(const char *_Nonnull path, const void *_Nonnull bytes, size_t count, int passed) {
  struct sockaddr_un address;
  socklen_t size = sluice_address(path, &address);
  if (!size) return ENAMETOOLONG;
  int out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (out < 0) return errno;
  struct iovec part = {(void *)bytes, count};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr head;
  } control;
  struct msghdr message = {0};
  message.msg_name = &address;
  message.msg_namelen = size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (passed >= 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = sluice_scm_rights;
    control.head.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.head), &passed, sizeof(int));
  }
  int failure = sendmsg(out, &message, MSG_NOSIGNAL) == (ssize_t)count ? 0 : errno;
  close(out);
  return failure;
}

/// A sealed memfd of so many zero bytes, or -errno.
static inline int sluice_make_memory(const char *_Nonnull name, size_t byte_count) {
  int file = (int)syscall(SYS_memfd_create, name, sluice_memfd_cloexec_sealing);
  if (file < 0) return -errno;
  if (ftruncate(file, (off_t)byte_count) == 0 && fcntl(file, sluice_f_add_seals, sluice_seal_shrink_grow_seal) == 0)
    return file;
  int failure = errno;
  close(file);
  return -failure;
}

/// Bytes of a memfd that nobody can make shorter; -1 of anything else.
static inline int64_t sluice_memory_size(int file) {
  struct stat status;
  int seals = fcntl(file, sluice_f_get_seals);
  return seals >= 0 && (seals & 2) && fstat(file, &status) == 0 ? (int64_t)status.st_size : -1;
}

/// Waits for events: `data` of those that came, at most `room`, 64 at most; -errno.
static inline int sluice_wait(int poller, uint64_t *_Nonnull data, int room, int milliseconds) {
  struct epoll_event events[64];
  int count = epoll_wait(poller, events, room < 64 ? room : 64, milliseconds);
  if (count < 0) return -errno;
  for (int index = 0; index < count; index++) data[index] = events[index].data.u64;
  return count;
}

/// 0, or an errno. `shared`: of several pollers that wait for it one is woken.
static inline int sluice_watch(int poller, int file, uint64_t data, bool shared) {
  struct epoll_event event = {0};
  event.events = EPOLLIN | (shared ? 1u << 28 : 0);
  event.data.u64 = data;
  return epoll_ctl(poller, EPOLL_CTL_ADD, file, &event) == 0 ? 0 : errno;
}

static inline void sluice_wake(int event) {
  uint64_t one = 1;
  if (write(event, &one, sizeof one) < 0) return;
}

static inline void sluice_woken(int event) {
  uint64_t count;
  if (read(event, &count, sizeof count) < 0) return;
}

static inline int64_t sluice_nanoseconds(bool of_day) {
  struct timespec time;
  clock_gettime(of_day ? CLOCK_REALTIME : CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
