#include "stft.h"

#include "fourier.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 0x1.921fb54442d18p1;

struct stft {
  size_t size, hop, latency;
  size_t taken, filled; /* samples of the signal, up to half a frame and one; samples of the frame that are there */
  size_t place; /* in the rings */
  long written; /* samples given, of which half a frame lies before the signal */
  float *frame, *spectrum; /* [size], [size + 2] */
  float *before, *behind; /* [size]: rings of what came, and of what goes */
  double *window, *sums, *weights; /* [size] */
  fourier fourier;
};

stft *stft_create(size_t size, size_t hop) {
  size_t floats = (4 * size + 2) * sizeof(float), doubles = 3 * size * sizeof(double);
  size_t bytes = sizeof(stft) + fourier_bytes(size) + doubles + floats;
  stft *made = malloc(bytes);
  if (!made) return NULL;
  memset(made, 0, bytes); /* in memory from now on */
  *made = (stft){.size = size, .hop = hop, .latency = stft_latency(size)};
  char *memory = (char *)(made + 1);
  fourier_make(&made->fourier, size, memory);
  made->window = (double *)(memory + fourier_bytes(size));
  made->sums = made->window + size, made->weights = made->sums + size;
  made->frame = (float *)(made->weights + size);
  made->before = made->frame + size, made->behind = made->before + size, made->spectrum = made->behind + size;
  for (size_t i = 0; i < size; i++)
    made->window[i] = sqrt(0.5 - 0.5 * table_cosine(2 * pi * (double)i / (double)size));
  stft_reset(made);
  return made;
}

void stft_destroy(stft *stft) { free(stft); }

void stft_reset(stft *stft) {
  stft->taken = stft->filled = stft->place = 0;
  stft->written = -(long)(stft->size / 2);
  memset(stft->sums, 0, stft->size * sizeof *stft->sums);
  memset(stft->weights, 0, stft->size * sizeof *stft->weights);
  memset(stft->before, 0, stft->size * sizeof *stft->before);
  memset(stft->behind, 0, stft->size * sizeof *stft->behind);
}

/* Rounded, but never denormal: that would be slow, and another number where a host has such flushed. */
static float single(double x) { return fabs(x) < FLT_MIN ? 0 : (float)x; }

static void spectrum_of(stft *stft) {
  for (size_t i = 0; i < stft->size; i++)
    stft->fourier.values[i] = (number2){(double)stft->frame[i] * stft->window[i], 0};
  fourier_transform(&stft->fourier);
  for (size_t bin = 0; bin <= stft->size / 2; bin++) {
    stft->spectrum[2 * bin] = single(stft->fourier.values[bin].re);
    stft->spectrum[2 * bin + 1] = single(stft->fourier.values[bin].im);
  }
}

/* Adds the spectrum's frame, and puts what it completes, hop samples, into the ring of what goes. */
static void overlap(stft *stft) {
  size_t size = stft->size;
  for (size_t bin = 0; bin <= size / 2; bin++) {
    number2 value = {(double)stft->spectrum[2 * bin], (double)stft->spectrum[2 * bin + 1]};
    /* A real signal's other half is the conjugate; transformed forwards, that is the inverse. */
    bool is_alone = bin == 0 || 2 * bin == size;
    stft->fourier.values[bin] = (number2){value.re, is_alone ? 0 : -value.im};
    if (!is_alone) stft->fourier.values[size - bin] = value;
  }
  fourier_transform(&stft->fourier);
  for (size_t i = 0; i < size; i++) {
    stft->sums[i] += stft->fourier.values[i].re / (double)size * stft->window[i];
    stft->weights[i] += stft->window[i] * stft->window[i];
  }
  for (size_t i = 0; i < stft->hop; i++, stft->written++) {
    double weight = stft->weights[i];
    float sample = single(weight > FLT_MIN ? stft->sums[i] / weight : stft->sums[i]);
    /* Sample n of the signal goes when n + latency came. */
    if (stft->written >= 0) stft->behind[((size_t)stft->written + stft->latency) % size] = sample;
  }
  size_t rest = (size - stft->hop) * sizeof(double);
  memmove(stft->sums, stft->sums + stft->hop, rest);
  memmove(stft->weights, stft->weights + stft->hop, rest);
  memset((char *)stft->sums + rest, 0, stft->hop * sizeof(double));
  memset((char *)stft->weights + rest, 0, stft->hop * sizeof(double));
}

static void feed(stft *stft, float sample, stft_change *change, void *context) {
  stft->frame[stft->filled++] = sample;
  if (stft->filled < stft->size) return;
  spectrum_of(stft);
  if (!change(context, stft->spectrum)) memset(stft->spectrum, 0, (stft->size + 2) * sizeof(float));
  overlap(stft);
  stft->filled = stft->size - stft->hop;
  memmove(stft->frame, stft->frame + stft->hop, stft->filled * sizeof(float));
}

float stft_next(stft *stft, float sample, float *late, stft_change *change, void *context) {
  size_t half = stft->size / 2;
  stft->before[stft->place] = sample;
  if (stft->taken > half) {
    feed(stft, sample, change, context);
  } else if (++stft->taken > half) {
    /* The mirror before the signal takes half a frame of it, which has waited until now. */
    for (size_t i = half; i >= 1; i--) feed(stft, stft->before[i], change, context);
    for (size_t i = 0; i <= half; i++) feed(stft, stft->before[i], change, context);
  }
  float result = stft->behind[stft->place];
  stft->place = stft->place + 1 == stft->size ? 0 : stft->place + 1;
  *late = stft->before[stft->place];
  return result;
}
