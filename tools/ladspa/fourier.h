/* The discrete Fourier transform of a fixed size of any factors, in float64. Stockham's order; operation for operation that
 * of the Swift package, so that the two give the same bits: compile without contraction. */
#pragma once
#include <stddef.h>

typedef struct { double re, im; } number2;

typedef struct fourier {
  size_t size, factor_count, factors[32];
  number2 *values; /* [size], transformed in place */
  number2 *other, *roots; /* [size] */
} fourier;

/* Bytes that it takes behind itself. */
static inline size_t fourier_bytes(size_t size) { return 3 * size * sizeof(number2); }
void fourier_make(fourier *fourier, size_t size, void *memory);
/* Replaces values by the sum over t of x(t) exp(-2 pi i k t / size). [real-time] */
void fourier_transform(fourier *fourier);

/* cos x and sin x, for tables. */
double table_cosine(double x);
double table_sine(double x);
