/* Frames, their spectra, and the signal that changed spectra are of: what `sluice run` does with a denoiser's samples, with the
 * same bits. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

typedef struct stft stft;

/* Of frames of `size` samples, an even number, each `hop` behind the one before, at most `size`; NULL where memory runs out. */
stft *stft_create(size_t size, size_t hop);
void stft_destroy(stft *stft);
/* Begins anew. [real-time] */
void stft_reset(stft *stft);

/* Samples by which the signal comes later. */
static inline size_t stft_latency(size_t size) { return size - 1; }

/* Makes of a spectrum, [size / 2 + 1, 2], one without noise, in place; false where that failed, for silence. [real-time] */
typedef bool stft_change(void *context, float *spectrum);

/* Takes a sample; gives the signal's, and in *late the one taken, stft_latency samples before. [real-time] */
float stft_next(stft *stft, float sample, float *late, stft_change *change, void *context);
