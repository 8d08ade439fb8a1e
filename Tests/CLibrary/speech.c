/* Voice activity and metadata. speech VAD.sluice OTHER.sluice: the first reads 8 kHz, 32 samples of context and 256
 * new ones, and says how positive these are; its metadata are those of tools/test-library. */
#include "check.h"

#include <math.h>

enum { hop = 256, most = 60 * hop };
static float samples[most];
static int16_t words[most];

typedef struct {
  uint64_t start[8], end[8];
  float probability[most / hop + 1];
  size_t segments, frames, speaking;
} found;

static void note(found *all, const sluice_vad_event *event) {
  if (event->what & SLUICE_VAD_FRAME) all->probability[all->frames++] = event->probability;
  if (event->what & SLUICE_VAD_SPEECH) all->speaking++;
  if (event->what & SLUICE_VAD_SEGMENT && all->segments < 8)
    all->start[all->segments] = event->start, all->end[all->segments++] = event->end;
}

/* All samples in pieces of that many. */
static found push(sluice_vad_t *vad, size_t piece, bool as_words) {
  found all = {0};
  sluice_vad_event event = {.size = sizeof event};
  for (size_t at = 0, taken; at < most; at += taken) {
    size_t count = piece < most - at ? piece : most - at;
    sluice_status status = as_words ? sluice_vad_push_s16(vad, words + at, count, &taken, &event)
                                    : sluice_vad_push_f32(vad, samples + at, count, &taken, &event);
    CHECK(status == SLUICE_OK && taken > 0 && taken <= count);
    CHECK((event.what & SLUICE_VAD_FRAME) == ((at + taken) % hop == 0 ? SLUICE_VAD_FRAME : 0u));
    note(&all, &event);
  }
  for (int call = 0; call < 9; call++) {
    CHECK(sluice_vad_flush(vad, &event) == SLUICE_OK);
    if (!event.what) return all;
    note(&all, &event);
  }
  CHECK(false);
  return all;
}

static void signals(const sluice_model_t *model) {
  TEST("any pieces, floats or words, give the same events; reset begins anew");
  for (size_t i = 0; i < most; i++) {
    bool speaks = (i >= 5 * hop && i < 20 * hop) || i >= 40 * hop;
    samples[i] = speaks ? 0.75f : -0.25f;
    words[i] = speaks ? 24576 : -8192;
  }
  sluice_vad_t *vad;
  sluice_error error;
  CHECK(sluice_vad_create(model, NULL, &vad, &error) == SLUICE_OK);
  CHECK(sluice_vad_sample_rate(vad) == 8000 && sluice_vad_hop(vad) == hop);
  found first = push(vad, most, false);
  CHECK(first.segments == 2 && first.frames == 60);
  /* Whole frames, 240 samples around them. */
  CHECK(first.start[0] == 5 * hop - 240 && first.end[0] == 20 * hop + 240);
  CHECK(first.start[1] == 40 * hop - 240 && first.end[1] == most);
  /* Speech ends after 100 ms of silence: three to four frames. */
  CHECK(first.speaking == 15 + 4 + 20);
  size_t pieces[] = {1, 7, hop - 1, hop, hop + 1, 1000};
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
    for (int as_words = 0; as_words < 2; as_words++) {
      sluice_vad_reset(vad);
      found again = push(vad, pieces[i], as_words);
      CHECK(memcmp(&again, &first, sizeof first) == 0);
    }
  sluice_vad_destroy(vad);

  TEST("in the caller's memory, which is written nowhere else");
  size_t size = sluice_vad_size(model);
  unsigned char *memory = aligned_alloc(64, (size + 128 + 63) / 64 * 64);
  memset(memory, 0xA5, size + 128);
  CHECK(sluice_vad_init(model, NULL, memory + 64, size - 1, &vad, &error) == SLUICE_BAD_ARGUMENT && !vad);
  CHECK(strstr(error.message, "sluice_vad_size"));
  CHECK(sluice_vad_init(model, NULL, memory + 32, size, &vad, &error) == SLUICE_BAD_ARGUMENT && !vad);
  CHECK(sluice_vad_init(model, NULL, memory + 64, size, &vad, &error) == SLUICE_OK);
  found own = push(vad, 100, true);
  CHECK(memcmp(&own, &first, sizeof first) == 0);
  sluice_vad_destroy(vad);
  for (int i = 0; i < 64; i++) CHECK(memory[i] == 0xA5 && memory[64 + size + (size_t)i] == 0xA5);
  free(memory);
}

static found with(const sluice_model_t *model, sluice_vad_options options) {
  sluice_vad_t *vad;
  sluice_error error;
  options.size = sizeof options;
  CHECK(sluice_vad_create(model, &options, &vad, &error) == SLUICE_OK);
  found all = push(vad, 999, false);
  sluice_vad_destroy(vad);
  return all;
}

static void options(const sluice_model_t *model) {
  TEST("thresholds and durations, of which 0 stands for the usual one");
  found all = with(model, (sluice_vad_options){.speech_pad_ms = SLUICE_VAD_NONE});
  CHECK(all.segments == 2 && all.start[0] == 5 * hop && all.end[0] == 20 * hop);
  all = with(model, (sluice_vad_options){.min_speech_duration_ms = 500});
  CHECK(all.segments == 1 && all.start[0] == 40 * hop - 240);
  all = with(model, (sluice_vad_options){.min_silence_duration_ms = 800});
  CHECK(all.segments == 1 && all.start[0] == 5 * hop - 240 && all.end[0] == most);
  /* sigmoid(2) and sigmoid(-6), were they the thresholds. */
  all = with(model, (sluice_vad_options){.threshold = 0.99f});
  CHECK(all.segments == 0 && all.speaking == 0);
  all = with(model, (sluice_vad_options){.neg_threshold = 0.001f});
  CHECK(all.segments == 1 && all.end[0] == most);

  TEST("what is no option is refused");
  sluice_vad_t *vad;
  sluice_error error;
  sluice_vad_options bad[] = {
      {.threshold = 1.5f}, {.threshold = -1}, {.threshold = NAN}, {.neg_threshold = 0.6f}, {.neg_threshold = -0.1f},
      {.min_speech_duration_ms = -2}, {.min_silence_duration_ms = 3600001}, {.speech_pad_ms = INT32_MIN},
      {.reserved = 1}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    bad[i].size = sizeof *bad;
    CHECK(sluice_vad_create(model, bad + i, &vad, &error) == SLUICE_BAD_ARGUMENT && !vad);
    CHECK(strlen(error.message) > 10);
  }
  union {
    sluice_vad_options options;
    unsigned char bytes[128];
  } later = {.options = {.size = sizeof later}};
  CHECK(sluice_vad_create(model, &later.options, &vad, &error) == SLUICE_OK);
  sluice_vad_destroy(vad);
  later.bytes[100] = 1;
  CHECK(sluice_vad_create(model, &later.options, &vad, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(strstr(error.message, "does not know"));
  later.options.size = sizeof(sluice_vad_options) - 1;
  CHECK(sluice_vad_create(model, &later.options, &vad, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(strstr(error.message, "sizeof(sluice_vad_options)"));
}

static void refusals(const sluice_model_t *model, const sluice_model_t *other) {
  TEST("another model is refused by name; NULL and what is misaligned");
  sluice_vad_t *vad;
  sluice_error error;
  CHECK(sluice_vad_size(other) == 0 && sluice_vad_size(NULL) == 0);
  CHECK(sluice_vad_create(other, NULL, &vad, &error) == SLUICE_NO_METADATA && !vad);
  CHECK(strstr(error.message, "\"voice-activity\"") && error.status == SLUICE_NO_METADATA);
  CHECK(sluice_vad_create(NULL, NULL, &vad, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_create(model, NULL, NULL, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_init(model, NULL, NULL, 0, &vad, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_create(model, NULL, &vad, NULL) == SLUICE_OK);
  sluice_vad_event event = {.size = sizeof event}, unset = {.size = 8};
  size_t taken;
  CHECK(sluice_vad_push_f32(NULL, samples, 1, &taken, &event) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_push_f32(vad, NULL, 1, &taken, &event) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_push_f32(vad, samples, 1, NULL, &event) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_push_f32(vad, samples, 1, &taken, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_push_f32(vad, samples, 1, &taken, &unset) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_push_f32(vad, samples, SIZE_MAX, &taken, &event) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_push_f32(vad, (float *)((char *)samples + 2), 1, &taken, &event) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_push_s16(vad, (int16_t *)((char *)words + 1), 1, &taken, &event) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_push_s16(vad, words, 0, &taken, &event) == SLUICE_OK && taken == 0 && event.what == 0);
  CHECK(sluice_vad_flush(NULL, &event) == SLUICE_BAD_ARGUMENT && sluice_vad_flush(vad, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_vad_flush(vad, &event) == SLUICE_OK && event.what == 0);
  CHECK(sluice_vad_sample_rate(NULL) == 0 && sluice_vad_hop(NULL) == 0);
  sluice_vad_reset(NULL), sluice_vad_destroy(NULL);

  TEST("a NaN is reported with its frame, and with each to come until the signal begins anew");
  static float bad[3 * hop];
  bad[hop + 3] = NAN;
  size_t at = 0;
  for (int frame = 0; frame < 3; frame++, at += taken) {
    sluice_status status = sluice_vad_push_f32(vad, bad + at, 3 * hop - at, &taken, &event);
    CHECK(status == (frame > 0 ? SLUICE_NOT_FINITE : SLUICE_OK) && taken == hop);
    CHECK((event.what == 0) == (frame > 0));
  }
  sluice_vad_reset(vad);
  CHECK(sluice_vad_push_f32(vad, bad, hop, &taken, &event) == SLUICE_OK && event.what == SLUICE_VAD_FRAME);
  sluice_vad_destroy(vad);
}

/* The signal up to a sample through one, the rest through another that takes it over. */
static found carried(const sluice_model_t *model, size_t at) {
  sluice_vad_t *vad[2];
  sluice_vad_event event = {.size = sizeof event};
  found all = {0};
  for (int i = 0; i < 2; i++) CHECK(sluice_vad_create(model, NULL, vad + i, NULL) == SLUICE_OK);
  size_t taken, done = 0;
  for (; done < at; done += taken) {
    CHECK(sluice_vad_push_f32(vad[0], samples + done, at - done, &taken, &event) == SLUICE_OK);
    note(&all, &event);
  }
  CHECK(sluice_vad_push_f32(vad[1], samples, 100, &taken, &event) == SLUICE_OK);
  CHECK(sluice_vad_carry(vad[0], vad[1]) == SLUICE_OK && sluice_vad_carry(vad[1], vad[1]) == SLUICE_OK);
  sluice_vad_destroy(vad[0]);
  for (; done < most; done += taken) {
    CHECK(sluice_vad_push_f32(vad[1], samples + done, most - done, &taken, &event) == SLUICE_OK);
    note(&all, &event);
  }
  while (sluice_vad_flush(vad[1], &event) == SLUICE_OK && event.what) note(&all, &event);
  sluice_vad_destroy(vad[1]);
  return all;
}

static void carrying(const sluice_model_t *model) {
  TEST("another signal goes on from anywhere: in a frame, in speech, in the silence behind it");
  sluice_vad_t *vad;
  CHECK(sluice_vad_create(model, NULL, &vad, NULL) == SLUICE_OK);
  found first = push(vad, most, false);
  size_t places[] = {0, 1, hop, 7 * hop + 100, 21 * hop + 1, 23 * hop, 41 * hop + 255, most};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    found again = carried(model, places[i]);
    CHECK(memcmp(&again, &first, sizeof first) == 0);
  }
  CHECK(sluice_vad_carry(NULL, vad) == SLUICE_BAD_ARGUMENT && sluice_vad_carry(vad, NULL) == SLUICE_BAD_ARGUMENT);
  sluice_vad_destroy(vad);
}

static void metadata(const sluice_model_t *model, const sluice_model_t *other) {
  TEST("values of the metadata by their pointers");
  double number = 7;
  char text[64];
  size_t length = 0;
  CHECK(sluice_metadata_number(model, "/sample_rate", &number) == SLUICE_OK && number == 8000);
  CHECK(sluice_metadata_number(model, "/custom/x~1y/2", &number) == SLUICE_OK && number == -0.1e-3);
  CHECK(sluice_metadata_number(model, "/custom/x~1y/1", &number) == SLUICE_OK && number == 123456789.125);
  CHECK(sluice_metadata_number(model, "/custom/tiny", &number) == SLUICE_OK && number == 2.2250738585072014e-308);
  CHECK(sluice_metadata_number(model, "/custom/long", &number) == SLUICE_OK && number == 0.1234567890123456789012345);
  number = 7;
  const char *missing[] = {"/samplerate", "sample_rate", "/custom/x/y", "/custom/x~1y/3", "/custom/x~1y/00",
                           "/custom/x~1y/-1", "/custom/x~1y/", "/task", "", "/", "/sample_rate/0", "/custom/x~1y/1000000000000"};
  for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
    CHECK(sluice_metadata_number(model, missing[i], &number) == SLUICE_NO_METADATA && number == 7);
  CHECK(sluice_metadata_text(model, "/task", text, sizeof text, &length) == SLUICE_OK);
  CHECK(strcmp(text, "voice-activity") == 0 && length == 14);
  CHECK(sluice_metadata_text(model, "/custom/\"\xC3\xA9", text, sizeof text, NULL) == SLUICE_OK);
  CHECK(strcmp(text, "\xF0\x9F\x98\x80 \xE2\x82\xAC\t\\/") == 0);
  memset(text, 'x', sizeof text);
  CHECK(sluice_metadata_text(model, "/task", text, 14, &length) == SLUICE_BAD_ARGUMENT);
  CHECK(length == 14 && text[0] == 'x');
  CHECK(sluice_metadata_text(model, "/task", text, 15, NULL) == SLUICE_OK && text[14] == 0 && text[15] == 'x');
  CHECK(sluice_metadata_text(model, "/task", NULL, 0, &length) == SLUICE_BAD_ARGUMENT && length == 14);
  CHECK(sluice_metadata_text(model, "/hop", text, 64, &length) == SLUICE_NO_METADATA);
  CHECK(sluice_metadata_text(model, NULL, text, 64, &length) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_metadata_count(model, "/custom/x~1y") == 3 && sluice_metadata_count(model, "/custom") == 4);
  CHECK(sluice_metadata_count(model, "") == 6 && sluice_metadata_count(model, "/task") == 0);
  CHECK(sluice_metadata_number(other, "/hop", &number) == SLUICE_NO_METADATA);
  CHECK(sluice_metadata_number(NULL, "/hop", &number) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_metadata_number(model, "/hop", NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_metadata_count(other, "") == 0 && sluice_metadata_count(NULL, "") == 0);

  TEST("labels");
  CHECK(sluice_label_count(model) == 2 && sluice_label_count(other) == 0 && sluice_label_count(NULL) == 0);
  const char *label = sluice_label(model, 1, &length);
  CHECK(label && length == 6 && memcmp(label, "speech", 6) == 0);
  CHECK(!sluice_label(model, 2, &length) && length == 0);
  CHECK(!sluice_label(model, SIZE_MAX, NULL) && !sluice_label(other, 0, NULL) && !sluice_label(NULL, 0, NULL));
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  sluice_model_t *model = open_model(arguments[1], 0), *other = open_model(arguments[2], 0);
  signals(model);
  carrying(model);
  options(model);
  refusals(model, other);
  metadata(model, other);
  sluice_close(model);
  sluice_close(other);
  return finish("speech");
}
