/* How much stack the functions marked [real-time] take: less than sluice.h says. stack MODEL.sluice... */
#include "check.h"

#include <pthread.h>

enum { size = 1 << 18, promised = SLUICE_STACK_BYTES, steps = 9, streams = 3, most = 64 };

static float x[steps * most], y[steps * most];
static int32_t tokens[steps];
static sluice_stream_t *stream, *other;
static sluice_batch_t *batch;
static bool reads_tokens;
static char *state;
static size_t state_size;

static void *nothing(void *unused) { return unused; }

static void *everything(void *unused) {
  static const bool active[streams] = {true, false, true};
  for (int turn = 0; turn < 2; turn++) {
    if (reads_tokens) {
      sluice_step_token(stream, tokens[turn], y);
      sluice_process_tokens(stream, tokens, steps, y);
      sluice_batch_step_tokens(batch, tokens, y, turn ? active : NULL);
    } else {
      sluice_step(stream, x, y);
      sluice_process(stream, x, steps, y);
      sluice_batch_step(batch, x, y, turn ? active : NULL);
    }
    sluice_stream_save(stream, state, state_size);
    sluice_stream_restore(other, state, state_size, NULL);
    sluice_stream_fork(stream, other);
    sluice_stream_reset(stream);
    sluice_batch_reset(batch);
  }
  return unused;
}

/* Bytes of stack that a thread touches. */
static size_t touched(void *(*body)(void *)) {
  static _Alignas(64) unsigned char stack[size];
  pthread_attr_t attributes;
  pthread_t thread;
  memset(stack, 0xA5, size);
  if (pthread_attr_init(&attributes) || pthread_attr_setstack(&attributes, stack, size) ||
      pthread_create(&thread, &attributes, body, NULL) || pthread_join(thread, NULL))
    exit(2);
  pthread_attr_destroy(&attributes);
  size_t untouched = 0;
  while (untouched < size && stack[untouched] == 0xA5) untouched++;
  return size - untouched;
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  fill(x, steps * most, 1);
  for (int file = 1; file < count; file++) {
    sluice_model_t *model = open_model(arguments[file], 0);
    size_t in = sluice_input_size(model);
    reads_tokens = sluice_reads_tokens(model), state_size = sluice_state_size(model);
    CHECK((reads_tokens || in <= most) && sluice_output_size(model) <= most);
    for (size_t t = 0; t < steps; t++) tokens[t] = (int32_t)(t * 7 % in);
    stream = open_stream(model, 4), other = open_stream(model, 2), state = malloc(state_size);
    CHECK(sluice_batch_create(model, streams, &batch, NULL) == SLUICE_OK);
    size_t taken = touched(everything) - touched(nothing);
    const char *name = strrchr(arguments[file], '/');
    printf("  %-34s %-9s %6zu bytes of stack\n", name ? name + 1 : arguments[file],
           sluice_isa_name(sluice_model_isa(model)), taken);
    CHECK(taken > 0 && taken < promised);
    sluice_stream_destroy(stream), sluice_stream_destroy(other), sluice_batch_destroy(batch);
    sluice_close(model);
    free(state);
  }
  return finish("stack");
}
