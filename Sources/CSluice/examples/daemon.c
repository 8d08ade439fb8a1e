/*
 * A daemon: each connection to a UNIX socket is a stream, which sends rows of floats and gets rows of floats back.
 *
 *     daemon MODEL.sluice SOCKET
 *
 * SIGHUP opens the model's file anew (put in place by rename) and carries every running stream over, so that
 * retrained or requantised weights go on where the others stopped. Where the new file cannot take over, it is said, and
 * the old model stays. SIGTERM ends it.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sluice.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct client {
  int socket;
  size_t received; /* bytes of a row, which lies behind this */
  sluice_stream_t *stream, *next_stream;
  struct client *next;
} client;

static sluice_model_t *model;
static client *clients;
static size_t inputs, outputs;
static float *x, *y; /* a row of each */

static sluice_model_t *open_model(const char *path) {
  sluice_error error;
  sluice_options options = {.size = sizeof options, .flags = SLUICE_OPEN_SEALED};
  sluice_model_t *opened = NULL;
  if (sluice_open_file(path, &options, &opened, &error)) return fprintf(stderr, "%s: %s\n", path, error.message), NULL;
  if (!sluice_reads_tokens(opened) && sluice_is_streamable(opened)) return opened;
  fprintf(stderr, "%s: expected a model that reads floats, step by step\n", path);
  sluice_close(opened);
  return NULL;
}

/* All streams go on in the new model, or none. */
static void reload(const char *path) {
  sluice_model_t *fresh = open_model(path);
  if (!fresh) return;
  sluice_status status = SLUICE_OK;
  for (client *c = clients; c && !status; c = c->next)
    if (!(status = sluice_stream_create(fresh, 1, &c->next_stream, NULL)))
      status = sluice_stream_carry(c->stream, c->next_stream);
  if (sluice_model_topology(fresh) != sluice_model_topology(model)) status = SLUICE_OTHER_TOPOLOGY;
  size_t count = 0;
  for (client *c = clients; c; c = c->next, count++) {
    sluice_stream_destroy(status ? c->next_stream : c->stream);
    if (!status) c->stream = c->next_stream;
    c->next_stream = NULL;
  }
  sluice_close(status ? fresh : model);
  if (!status) model = fresh;
  if (status)
    printf("kept the old model: %s\n", sluice_status_text(status));
  else
    printf("carried %zu streams\n", count);
  fflush(stdout);
}

static void drop(client *gone) {
  for (client **c = &clients; *c; c = &(*c)->next)
    if (*c == gone) {
      *c = gone->next;
      break;
    }
  close(gone->socket);
  sluice_stream_destroy(gone->stream);
  free(gone);
}

/* Takes a part of a row, and answers a whole one. False where the client is gone. */
static bool serve(client *c) {
  char *row = (char *)(c + 1);
  ssize_t count = recv(c->socket, row + c->received, inputs * sizeof *x - c->received, 0);
  if (count <= 0) return false;
  c->received += (size_t)count;
  if (c->received < inputs * sizeof *x) return true;
  c->received = 0;
  memcpy(x, row, inputs * sizeof *x);
  sluice_status status = sluice_step(c->stream, x, y);
  if (status == SLUICE_NOT_FINITE) sluice_stream_reset(c->stream);
  return send(c->socket, y, outputs * sizeof *y, MSG_NOSIGNAL) == (ssize_t)(outputs * sizeof *y);
}

static void welcome(int listener, int poller) {
  client *c = calloc(1, sizeof *c + inputs * sizeof *x);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (!c) return;
  c->socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (c->socket >= 0 && !sluice_stream_create(model, 1, &c->stream, NULL) &&
      !epoll_ctl(poller, EPOLL_CTL_ADD, c->socket, &event)) {
    c->next = clients, clients = c;
    return;
  }
  if (c->socket >= 0) close(c->socket);
  sluice_stream_destroy(c->stream);
  free(c);
}

int main(int count, char **arguments) {
  if (count != 3) return fprintf(stderr, "usage: daemon MODEL.sluice SOCKET\n"), 2;
  if (!(model = open_model(arguments[1]))) return 1;
  inputs = sluice_input_size(model), outputs = sluice_output_size(model);
  x = calloc(inputs, sizeof *x), y = calloc(outputs, sizeof *y);

  struct sockaddr_un address = {.sun_family = AF_UNIX};
  sigset_t signals;
  sigemptyset(&signals), sigaddset(&signals, SIGHUP), sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int told = signalfd(-1, &signals, SFD_CLOEXEC), poller = epoll_create1(EPOLL_CLOEXEC);
  strncpy(address.sun_path, arguments[2], sizeof address.sun_path - 1);
  struct epoll_event on_connect = {.events = EPOLLIN, .data.ptr = &listener}, on_signal = {.events = EPOLLIN, .data.ptr = &told};
  if (!x || !y || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64) ||
      epoll_ctl(poller, EPOLL_CTL_ADD, listener, &on_connect) || epoll_ctl(poller, EPOLL_CTL_ADD, told, &on_signal))
    return perror(arguments[2]), 1;

  for (struct epoll_event event;;) {
    if (epoll_wait(poller, &event, 1, -1) != 1) continue;
    if (event.data.ptr == &listener) {
      welcome(listener, poller);
    } else if (event.data.ptr == &told) {
      struct signalfd_siginfo signal;
      if (read(told, &signal, sizeof signal) != sizeof signal) continue;
      if (signal.ssi_signo == SIGTERM) break;
      reload(arguments[1]);
    } else if (!serve(event.data.ptr)) {
      drop(event.data.ptr);
    }
  }
  while (clients) drop(clients);
  sluice_close(model);
  unlink(arguments[2]);
  free(x), free(y);
  return 0;
}
