#pragma once
#if defined(__AVX2__)
#include <immintrin.h>
#endif

/// Arithmetic on 8 and 16 lanes, as vector instructions.
///
/// Swift's own operators on SIMD types are loops over lanes, which the optimiser puts together again
/// in pieces of its own choice, often of four lanes. These come out as one instruction (two for 16
/// lanes with AVX2), and inline into Swift. A value in, a value out; nothing else.

#define SLUICE_PURE static inline __attribute__((always_inline, const))

#if defined(__FMA__) || defined(__aarch64__)
#define SLUICE_MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define SLUICE_MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

#define SLUICE_VECTOR(N)                                                                         \
  typedef float sluice_float##N __attribute__((ext_vector_type(N)));                             \
  typedef int sluice_int##N __attribute__((ext_vector_type(N)));                                 \
  SLUICE_PURE sluice_float##N sluice_add##N(sluice_float##N a, sluice_float##N b) {              \
    return a + b;                                                                                \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_subtract##N(sluice_float##N a, sluice_float##N b) {         \
    return a - b;                                                                                \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_multiply##N(sluice_float##N a, sluice_float##N b) {         \
    return a * b;                                                                                \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_divide##N(sluice_float##N a, sluice_float##N b) {           \
    return a / b;                                                                                \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_negate##N(sluice_float##N a) { return -a; }                 \
  /* a * b + c: rounded once with an FMA, twice on the baseline. */                              \
  SLUICE_PURE sluice_float##N sluice_multiply_add##N(sluice_float##N a, sluice_float##N b,       \
                                                     sluice_float##N c) {                        \
    return SLUICE_MULTIPLY_ADD(a, b, c);                                                         \
  }                                                                                              \
  /* min and max of a value and a limit: NaN in the value passes, whatever the CPU. */           \
  SLUICE_PURE sluice_float##N sluice_min##N(sluice_float##N value, sluice_float##N limit) {      \
    return limit < value ? limit : value;                                                        \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_max##N(sluice_float##N value, sluice_float##N limit) {      \
    return limit > value ? limit : value;                                                        \
  }                                                                                              \
  /* The value where it is above a limit, else 0: NaN passes. */                                  \
  SLUICE_PURE sluice_float##N sluice_above##N(sluice_float##N value, sluice_float##N limit) {    \
    return value <= limit ? (sluice_float##N)(0) : value;                                       \
  }                                                                                              \
  /* The greater of two, and NaN where one is. */                                                \
  SLUICE_PURE sluice_float##N sluice_greater##N(sluice_float##N a, sluice_float##N b) {          \
    return a > b || a != a ? a : b;                                                              \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_magnitude##N(sluice_float##N a) {                           \
    return (sluice_float##N)((sluice_int##N)a & 0x7FFFFFFF);                                     \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_or##N(sluice_float##N a, sluice_float##N b) {               \
    return (sluice_float##N)((sluice_int##N)a | (sluice_int##N)b);                               \
  }                                                                                              \
  /* Whether all bits but the signs are zero. */                                                 \
  SLUICE_PURE _Bool sluice_is_zero##N(sluice_float##N a) {                                       \
    return __builtin_reduce_or((sluice_int##N)a & 0x7FFFFFFF) == 0;                              \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_square_root##N(sluice_float##N a) {                         \
    return __builtin_elementwise_sqrt(a);                                                        \
  }                                                                                              \
  /* A value that is not negative, with the sign of another. */                                  \
  SLUICE_PURE sluice_float##N sluice_with_sign##N(sluice_float##N sign, sluice_float##N value) { \
    return (sluice_float##N)((sluice_int##N)value |                                              \
                             ((sluice_int##N)sign & (sluice_int##N)0x80000000));                 \
  }                                                                                              \
  /* 2^n of an integer n in the low bits of 1.5 * 2^23 + n. */                                   \
  SLUICE_PURE sluice_float##N sluice_power##N(sluice_float##N shifted) {                         \
    return (sluice_float##N)(((sluice_int##N)shifted << 23) + 0x3F800000);                       \
  }                                                                                              \
  /* x = 2^n m, m from sqrt(1/2) to sqrt(2): n, and m. Of x that is positive and normal. */      \
  SLUICE_PURE sluice_float##N sluice_binary_exponent##N(sluice_float##N x) {                     \
    return __builtin_convertvector(((sluice_int##N)x - 0x3F3504F3) >> 23, sluice_float##N);      \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_binary_fraction##N(sluice_float##N x) {                     \
    const sluice_int##N exponent = ((sluice_int##N)x - 0x3F3504F3) & (sluice_int##N)0xFF800000;  \
    return (sluice_float##N)((sluice_int##N)x - exponent);                                       \
  }                                                                                              \
  /* A logarithm of x where x is positive and finite; else what that of x is. */                 \
  SLUICE_PURE sluice_float##N sluice_where_positive##N(sluice_float##N x, sluice_float##N log) { \
    const sluice_float##N infinity = __builtin_inff();                                           \
    const sluice_float##N none = __builtin_nanf("");                                             \
    const sluice_float##N edge = x == 0 ? -infinity : none;                                      \
    const sluice_float##N value = x > 0 ? log : edge;                                            \
    return x < infinity ? value : x;                                                             \
  }

#if defined(__AVX512VL__)
#define SLUICE_FIRST_LANES(N, count)                                                             \
  ((count) >= N ? (1u << N) - 1 : (count) <= 0 ? 0 : (1u << (count)) - 1)
#define SLUICE_LOAD_FIRST8(pointer, count)                                                       \
  __builtin_ia32_loadups256_mask((const void *)(pointer), (sluice_float8)(0), SLUICE_FIRST_LANES(8, count))
#define SLUICE_LOAD_FIRST16(pointer, count)                                                      \
  __builtin_ia32_loadups512_mask((const void *)(pointer), (sluice_float16)(0), SLUICE_FIRST_LANES(16, count))
#define SLUICE_STORE_FIRST8(value, pointer, count)                                               \
  __builtin_ia32_storeups256_mask((void *)(pointer), value, SLUICE_FIRST_LANES(8, count))
#define SLUICE_STORE_FIRST16(value, pointer, count)                                              \
  __builtin_ia32_storeups512_mask((void *)(pointer), value, SLUICE_FIRST_LANES(16, count))
#else
#define SLUICE_LOAD_FIRST(N, pointer, count)                                                     \
  ({                                                                                             \
    sluice_float##N value = 0;                                                                   \
    for (int lane = 0; lane < N; lane++)                                                         \
      if (lane < count) value[lane] = pointer[lane];                                             \
    value;                                                                                       \
  })
#define SLUICE_LOAD_FIRST8(pointer, count) SLUICE_LOAD_FIRST(8, pointer, count)
#define SLUICE_LOAD_FIRST16(pointer, count) SLUICE_LOAD_FIRST(16, pointer, count)
#define SLUICE_STORE_FIRST(N, value, pointer, count)                                             \
  for (int lane = 0; lane < N; lane++)                                                           \
    if (lane < count) pointer[lane] = value[lane]
#define SLUICE_STORE_FIRST8(value, pointer, count) SLUICE_STORE_FIRST(8, value, pointer, count)
#define SLUICE_STORE_FIRST16(value, pointer, count) SLUICE_STORE_FIRST(16, value, pointer, count)
#endif

/// Some of a vector's lanes. Swift checks the number of a lane with a trap wherever it cannot see it.
#define SLUICE_LANES(N)                                                                          \
  /* The first `count` lanes from memory, the others zero. */                                    \
  static inline __attribute__((always_inline)) sluice_float##N sluice_load_first##N(             \
      const float *_Nonnull pointer, long count) {                                               \
    return SLUICE_LOAD_FIRST##N(pointer, count);                                                 \
  }                                                                                              \
  /* The first `count` lanes to memory. */                                                       \
  static inline __attribute__((always_inline)) void sluice_store_first##N(                       \
      sluice_float##N value, float *_Nonnull pointer, long count) {                              \
    SLUICE_STORE_FIRST##N(value, pointer, count);                                                \
  }                                                                                              \
  /* The first `count` lanes, the others zero. */                                                \
  SLUICE_PURE sluice_float##N sluice_keep_first##N(sluice_float##N value, long count) {          \
    for (int lane = 0; lane < N; lane++) value[lane] = lane < count ? value[lane] : 0;           \
    return value;                                                                                \
  }                                                                                              \
  /* All lanes added, from the first to the last. */                                             \
  SLUICE_PURE float sluice_sum##N(sluice_float##N value) {                                       \
    float sum = 0;                                                                               \
    for (int lane = 0; lane < N; lane++) sum += value[lane];                                     \
    return sum;                                                                                  \
  }

SLUICE_VECTOR(8)
SLUICE_VECTOR(16)
SLUICE_LANES(8)
SLUICE_LANES(16)

#define SLUICE_CONCATENATED(a, b)                                                                \
  __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)

#define SLUICE_EXPONENT(N, key) ((sluice_int##N)(key) >> 23)

/// Of each lane the entry of a table that the three low bits of the key's exponent name: a
/// permutation of all lanes, which takes those bits alone.
SLUICE_PURE sluice_float8 sluice_select8(sluice_float8 table, sluice_float8 key) {
#if defined(__AVX2__)
  return _mm256_permutevar8x32_ps(table, (__m256i)SLUICE_EXPONENT(8, key));
#else
  sluice_float8 value;
  for (int lane = 0; lane < 8; lane++) value[lane] = table[SLUICE_EXPONENT(8, key)[lane] & 7];
  return value;
#endif
}

SLUICE_PURE sluice_float16 sluice_select16(sluice_float8 table, sluice_float16 key) {
#if defined(__AVX512F__)
  // Four bits name one of sixteen here: the table twice.
  return _mm512_permutexvar_ps((__m512i)SLUICE_EXPONENT(16, key),
                               SLUICE_CONCATENATED(table, table));
#elif defined(__AVX2__)
  const __m256 low = _mm256_permutevar8x32_ps(table, (__m256i)SLUICE_EXPONENT(8, key.lo));
  const __m256 high = _mm256_permutevar8x32_ps(table, (__m256i)SLUICE_EXPONENT(8, key.hi));
  return SLUICE_CONCATENATED(low, high);
#else
  // Not `sluice_select8` twice: a vector handed on is an error where the CPU has none so wide.
  sluice_float16 value;
  for (int lane = 0; lane < 16; lane++) value[lane] = table[SLUICE_EXPONENT(16, key)[lane] & 7];
  return value;
#endif
}

#if defined(__AVX512F__)
/// As `sluice_select8` with one table for the low half of the lanes and another for the high one.
SLUICE_PURE sluice_float16 sluice_select_halves16(sluice_float8 low, sluice_float8 high,
                                                  sluice_float16 key) {
  const sluice_int16 halves = {0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8};
  const sluice_int16 index = (((sluice_int16)key >> 23) & 7) | halves;
  return _mm512_permutexvar_ps((__m512i)index, SLUICE_CONCATENATED(low, high));
}
#endif

/// Four floats from memory, in every half or quarter of the lanes, and one of the four in all lanes.
///
/// Hidden from the optimiser, which would read each of the four once more to spread it.
#if defined(__AVX2__)
static inline __attribute__((always_inline)) sluice_float8 sluice_load_four8(
    const float *_Nonnull pointer) {
  sluice_float8 four = _mm256_broadcast_ps((const __m128 *)pointer);
  __asm__("" : "+x"(four));
  return four;
}

SLUICE_PURE sluice_float8 sluice_spread8(sluice_float8 four, int index) {
  switch (index) {
  case 0: return _mm256_permute_ps(four, 0x00);
  case 1: return _mm256_permute_ps(four, 0x55);
  case 2: return _mm256_permute_ps(four, 0xAA);
  default: return _mm256_permute_ps(four, 0xFF);
  }
}
#endif

#if defined(__AVX512F__)
static inline __attribute__((always_inline)) sluice_float16 sluice_load_four16(
    const float *_Nonnull pointer) {
  sluice_float16 four = _mm512_broadcast_f32x4(_mm_loadu_ps(pointer));
  __asm__("" : "+v"(four));
  return four;
}

SLUICE_PURE sluice_float16 sluice_spread16(sluice_float16 four, int index) {
  switch (index) {
  case 0: return _mm512_permute_ps(four, 0x00);
  case 1: return _mm512_permute_ps(four, 0x55);
  case 2: return _mm512_permute_ps(four, 0xAA);
  default: return _mm512_permute_ps(four, 0xFF);
  }
}

/// The lane that the index names, in all lanes.
SLUICE_PURE sluice_float16 sluice_lane16(sluice_float16 value, sluice_int16 index) {
  return _mm512_permutexvar_ps((__m512i)index, value);
}
#elif defined(__AVX2__)
static inline __attribute__((always_inline)) sluice_float16 sluice_load_four16(
    const float *_Nonnull pointer) {
  const sluice_float8 four = sluice_load_four8(pointer);
  return SLUICE_CONCATENATED(four, four);
}

SLUICE_PURE sluice_float16 sluice_spread16(sluice_float16 four, int index) {
  const sluice_float8 spread = sluice_spread8(four.lo, index);
  return SLUICE_CONCATENATED(spread, spread);
}
#endif
