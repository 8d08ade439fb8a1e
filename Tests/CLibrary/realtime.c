/* What the C library promises of its functions marked [real-time], proven on running models.
 * realtime STEPS SECONDS MISBEHAVIOUR MODEL.sluice...
 * A line for each model and instruction set: its steps, fewer where SECONDS are over, allocations,
 * releases, page faults, system calls. MISBEHAVIOUR is none, or what is to break the promise once. */
#include "check.h"

#include <AllocationCounter.h>
#include <time.h>

enum { streams = 3, block = 40 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

typedef struct {
  const sluice_model_t *model;
  sluice_stream_t *stream, *fork, *shared[2];
  sluice_batch_t *batch;
  sluice_watch_t *watch; /* NULL where the model reads tokens */
  sluice_vad_t *vad, *other_vad; /* NULL where the model is none for it */
  int16_t words[block];
  float *x, *y;
  int32_t *tokens;
  void *state, *states; /* of the stream, of the batch */
  float *floats; /* h or C of any layer */
  size_t in, state_size, states_size;
  bool reads_tokens;
} running;

static running run_of(const sluice_model_t *model) {
  running run = {.model = model, .stream = open_stream(model, 32), .fork = open_stream(model, 8)};
  run.in = sluice_input_size(model), run.state_size = sluice_state_size(model);
  run.reads_tokens = sluice_reads_tokens(model);
  if (sluice_batch_create(model, streams, &run.batch, NULL) != SLUICE_OK) exit(2);
  sluice_workspace_t *workspace;
  if (sluice_workspace_create(model, 1, &workspace, NULL) != SLUICE_OK) exit(2);
  for (int i = 0; i < 2; i++)
    if (sluice_stream_create_shared(model, workspace, &run.shared[i], NULL) != SLUICE_OK) exit(2);
  sluice_workspace_destroy(workspace);
  if (!run.reads_tokens && sluice_watch_create(model, &run.watch, NULL) != SLUICE_OK) exit(2);
  if (sluice_vad_size(model) > 0 && (sluice_vad_create(model, NULL, &run.vad, NULL) != SLUICE_OK ||
                                     sluice_vad_create(model, NULL, &run.other_vad, NULL) != SLUICE_OK))
    exit(2);
  for (int t = 0; t < block; t++) run.words[t] = (int16_t)(t * 997);
  run.x = malloc(block * run.in * sizeof *run.x);
  run.y = malloc(block * sluice_output_size(model) * sizeof *run.y);
  run.tokens = malloc(block * sizeof *run.tokens);
  run.state = malloc(run.state_size);
  run.states_size = sluice_batch_state_size(run.batch);
  run.states = malloc(run.states_size);
  size_t most = 1;
  for (size_t i = 0; i < sluice_layer_count(model); i++) {
    sluice_layer_info layer = {.size = sizeof layer};
    if (sluice_model_layer(model, i, &layer) != SLUICE_OK) exit(2);
    if (layer.hidden_state_size > most) most = layer.hidden_state_size;
    if (layer.cell_state_size > most) most = layer.cell_state_size;
  }
  run.floats = malloc(most * sizeof *run.floats);
  fill(run.x, block * run.in, 5);
  for (int t = 0; t < block; t++) run.tokens[t] = (int32_t)((size_t)t * 7919 % run.in);
  return run;
}

/* Samples to the end of a frame and behind it; now and then to the end of the signal. */
static sluice_status listen(running *run, bool to_end) {
  sluice_vad_event event = {.size = sizeof event};
  sluice_status status = SLUICE_OK;
  size_t taken;
  for (size_t at = 0; at < run->in; at += taken)
    status |= sluice_vad_push_f32(run->vad, run->x + at, run->in - at, &taken, &event);
  status |= sluice_vad_push_s16(run->vad, run->words, block, &taken, &event);
  status |= sluice_vad_carry(run->vad, run->other_vad);
  if (!to_end) return status;
  do status |= sluice_vad_flush(run->vad, &event);
  while (event.what);
  sluice_vad_reset(run->vad);
  return status | (sluice_vad_hop(run->vad) != 256 || sluice_vad_sample_rate(run->vad) != 8000);
}

/* What a model says of itself. */
static sluice_status describe(const running *run) {
  const sluice_model_t *model = run->model;
  double number;
  char text[64];
  size_t at = 0, size;
  int32_t token;
  sluice_status expected = run->vad ? SLUICE_OK : SLUICE_NO_METADATA, status = SLUICE_OK;
  status |= sluice_metadata_number(model, "/hop", &number) != expected;
  status |= sluice_metadata_text(model, "/task", text, sizeof text, NULL) != expected;
  status |= (sluice_metadata_count(model, "") > 0) != (sluice_model_metadata(model, &size) != NULL);
  for (size_t i = 0; i <= sluice_label_count(model); i++)
    status |= (sluice_label(model, i, &size) != NULL) != (i < sluice_label_count(model));
  while (sluice_next_token(model, "a film - no, no film", 20, &at, &token)) status |= token < 0;
  status |= sluice_yields_last(model) || !sluice_is_streamable(model) || !sluice_model_isa(model);
  status |= !sluice_model_hash(model) || !sluice_model_topology(model);
  return status | (!sluice_model_size(model) || !sluice_step_operations(model));
}

/* States that go on elsewhere: in another stream, as floats, in a batch and out of it, as bytes of all. */
static sluice_status move(running *run) {
  sluice_status status = SLUICE_OK;
  sluice_stream_save(run->stream, run->state, sluice_state_size(run->model));
  status |= sluice_stream_restore(run->fork, run->state, run->state_size, NULL);
  status |= sluice_stream_fork(run->stream, run->fork);
  status |= sluice_stream_carry(run->stream, run->fork);
  for (size_t i = 0; i < sluice_layer_count(run->model); i++) {
    sluice_layer_info layer = {.size = sizeof layer};
    status |= sluice_model_layer(run->model, i, &layer);
    size_t h = layer.hidden_state_size, c = layer.cell_state_size;
    if (h > 0) {
      status |= sluice_stream_read_hidden(run->stream, i, run->floats, h);
      status |= sluice_stream_write_hidden(run->fork, i, run->floats, h);
    }
    if (c > 0) {
      status |= sluice_stream_read_cell(run->stream, i, run->floats, c);
      status |= sluice_stream_write_cell(run->fork, i, run->floats, c);
    }
  }
  status |= sluice_batch_set_stream(run->batch, 2, run->fork);
  status |= sluice_batch_save(run->batch, run->states, sluice_batch_state_size(run->batch));
  status |= sluice_batch_restore(run->batch, run->states, run->states_size, NULL);
  return status | sluice_batch_get_stream(run->batch, 2, run->stream);
}

/* Every function that is marked [real-time], which tools/prove-realtime checks: mostly single steps. */
static void steps(running *run, long count, const char *misbehaviour) {
  static const bool active[streams] = {true, false, true};
  sluice_status status = SLUICE_OK;
  for (long t = 0; t < count; t++) {
    if (misbehaviour && t == count / 2) misbehave(misbehaviour);
    size_t row = (size_t)t % block;
    status |= run->reads_tokens ? sluice_step_token(run->stream, run->tokens[row], run->y)
                                : sluice_step(run->stream, run->x + row * run->in, run->y);
    if (t % 4096 == 1) {
      sluice_stream_reset(run->stream);
      status |= run->reads_tokens ? sluice_process_tokens(run->stream, run->tokens, block, run->y)
                                  : sluice_process(run->stream, run->x, block, run->y);
      status |= move(run);
      sluice_batch_reset(run->batch);
      sluice_stream_check(run->stream, t % 8192 == 1);
      status |= describe(run);
    }
    if (t % 64 == 3) {
      sluice_stream_t *shared = run->shared[t % 128 == 3];
      status |= run->reads_tokens ? sluice_step_token(shared, run->tokens[row], run->y)
                                  : sluice_step(shared, run->x + row * run->in, run->y);
    }
    if (t % 256 == 2) {
      const bool *some = t % 512 == 2 ? active : NULL;
      status |= run->reads_tokens ? sluice_batch_step_tokens(run->batch, run->tokens, run->y, some)
                                  : sluice_batch_step(run->batch, run->x, run->y, some);
      sluice_batch_reset_stream(run->batch, 1);
      if (run->watch) {
        sluice_watch_counts counts = {.size = sizeof counts};
        status |= sluice_watch_step(run->watch, run->stream, run->x, run->y);
        sluice_watch_latency(run->watch, (uint64_t)t);
        status |= sluice_watch_read(run->watch, &counts);
        if (counts.steps == 100) sluice_watch_reset(run->watch);
      }
      if (run->vad) status |= listen(run, t % 4096 == 2);
    }
  }
  if (status != SLUICE_OK) abort();
}

/* Proves one model with one instruction set; whether it kept its promises. */
static bool prove(const char *path, sluice_isa isa, long most, double seconds, const char *how) {
  section_report report;
  if (section_fork(&report)) {
    sluice_model_t *model;
    if (open_file(path, 0, isa, &model, NULL) != SLUICE_OK) exit(2);
    running run = run_of(model);
    steps(&run, 300, NULL);
    double start = now();
    steps(&run, 300, NULL);
    double affordable = seconds / ((now() - start) / 300);
    long count = affordable < (double)most ? (long)affordable : most;
    section_begin();
    steps(&run, count, how);
    section_end((uint64_t)count);
  }
  const char *name = strrchr(path, '/');
  printf("C      %-32s %-9s %9llu %5llu %5llu %5llu %7s\n", name ? name + 1 : path,
         sluice_isa_name(isa), (unsigned long long)report.note,
         (unsigned long long)report.allocations, (unsigned long long)report.releases,
         (unsigned long long)report.page_faults, report.is_finished ? "0" : "KILLED");
  fflush(stdout);
  return report.is_finished && report.allocations + report.releases + report.page_faults == 0;
}

int main(int count, char **arguments) {
  if (count < 5) return 2;
  const char *how = strcmp(arguments[3], "none") == 0 ? NULL : arguments[3];
  int failed = 0;
  for (int file = 4; file < count; file++)
    for (sluice_isa isa = SLUICE_ISA_BASELINE; sluice_isa_name(isa); isa++)
      if (sluice_isa_available(isa))
        failed += !prove(arguments[file], isa, atol(arguments[1]), atof(arguments[2]), how);
  return failed ? 1 : 0;
}
