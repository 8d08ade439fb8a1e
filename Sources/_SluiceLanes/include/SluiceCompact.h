#pragma once
#include <stdbool.h>
#include <string.h>

#include "SluiceVector.h"

/// Words of compact weights, a 32-bit lane each (f16: 16 bits), and what is multiplied with them.
///
/// Swift spells neither dot products of bytes nor conversions of many lanes. Every instruction set
/// gives the same integers; no product or sum here can saturate, as -128 and -8 are no weights.

typedef short sluice_short8 __attribute__((ext_vector_type(8)));
typedef short sluice_short16 __attribute__((ext_vector_type(16)));
typedef signed char sluice_char16 __attribute__((ext_vector_type(16)));
typedef signed char sluice_char32 __attribute__((ext_vector_type(32)));
typedef char sluice_bytes32 __attribute__((vector_size(32)));

/// The greatest lane.
SLUICE_PURE int sluice_int_max16(sluice_int16 a) { return __builtin_reduce_max(a); }

#if defined(__AVX512VNNI__)
/// Inputs are stored with 128 added: the instruction's first factor has no sign.
static const int sluice_input_offset = 128;
/// sum + the products of a lane's four weights and inputs.
SLUICE_PURE sluice_int16 sluice_dot16(sluice_int16 sum, sluice_int16 weights, sluice_int16 x) {
  return __builtin_ia32_vpdpbusd512(sum, x, weights);
}
SLUICE_PURE sluice_int8 sluice_dot8(sluice_int8 sum, sluice_int8 weights, sluice_int8 x) {
  return __builtin_ia32_vpdpbusd256(sum, x, weights);
}
/// sum + the products of a lane's four nibbles, 1 to 15, and inputs, which have a sign.
SLUICE_PURE sluice_int16 sluice_dot_nibbles16(sluice_int16 sum, sluice_int16 nibbles,
                                              sluice_int16 x) {
  return __builtin_ia32_vpdpbusd512(sum, nibbles, x);
}
SLUICE_PURE sluice_int8 sluice_dot_nibbles8(sluice_int8 sum, sluice_int8 nibbles, sluice_int8 x) {
  return __builtin_ia32_vpdpbusd256(sum, nibbles, x);
}
SLUICE_PURE sluice_int16 sluice_nibble_sum16(sluice_int16 sum) { return sum; }
SLUICE_PURE sluice_int8 sluice_nibble_sum8(sluice_int8 sum) { return sum; }
#else
static const int sluice_input_offset = 0;
#if defined(__AVX2__)
SLUICE_PURE sluice_int8 sluice_dot8(sluice_int8 sum, sluice_int8 weights, sluice_int8 x) {
  // |x| times the weight with x's sign: at most 2 * 127 * 127 in 16 bits.
  sluice_bytes32 magnitude = (sluice_bytes32)__builtin_elementwise_abs((sluice_char32)x);
  sluice_bytes32 turned =
      __builtin_ia32_psignb256((sluice_bytes32)weights, (sluice_bytes32)x);
  sluice_short16 pairs =
      (sluice_short16)__builtin_ia32_pmaddubsw256(magnitude, turned);
  return sum + (sluice_int8)__builtin_ia32_pmaddwd256(pairs, (sluice_short16)(1));
}
/// The sum is of 16 bits for each pair of columns: a group's eight words reach 8 * 2 * 15 * 127.
SLUICE_PURE sluice_int8 sluice_dot_nibbles8(sluice_int8 sum, sluice_int8 nibbles, sluice_int8 x) {
  return (sluice_int8)((sluice_short16)sum + (sluice_short16)__builtin_ia32_pmaddubsw256(
                                                 (sluice_bytes32)nibbles, (sluice_bytes32)x));
}
SLUICE_PURE sluice_int8 sluice_nibble_sum8(sluice_int8 sum) {
  return (sluice_int8)__builtin_ia32_pmaddwd256((sluice_short16)sum, (sluice_short16)(1));
}
#else
// a0 b0 + a1 b1 of the two 16-bit halves of each lane. Macros: a vector of 8 lanes is no argument
// of a function that an instruction set without such registers calls.
#if defined(__SSE2__)
typedef int sluice_int4 __attribute__((ext_vector_type(4)));
#define SLUICE_DOT_HALVES(a, b)                                                                  \
  __builtin_shufflevector((sluice_int4)__builtin_ia32_pmaddwd128((a).lo, (b).lo),                 \
                          (sluice_int4)__builtin_ia32_pmaddwd128((a).hi, (b).hi), 0, 1, 2, 3, 4,  \
                          5, 6, 7)
#else
#define SLUICE_DOT_HALVES(a, b)                                                                  \
  (__builtin_convertvector((a).even, sluice_int8) * __builtin_convertvector((b).even, sluice_int8) + \
   __builtin_convertvector((a).odd, sluice_int8) * __builtin_convertvector((b).odd, sluice_int8))
#endif
SLUICE_PURE sluice_int8 sluice_dot8(sluice_int8 sum, sluice_int8 weights, sluice_int8 x) {
  sluice_short16 w = (sluice_short16)weights, v = (sluice_short16)x;
  sluice_short16 w0 = w << 8 >> 8, v0 = v << 8 >> 8, w1 = w >> 8, v1 = v >> 8;
  return sum + SLUICE_DOT_HALVES(w0, v0) + SLUICE_DOT_HALVES(w1, v1);
}
SLUICE_PURE sluice_int8 sluice_dot_nibbles8(sluice_int8 sum, sluice_int8 nibbles, sluice_int8 x) {
  sluice_short16 w = (sluice_short16)nibbles, v = (sluice_short16)x;
  sluice_short16 v0 = v << 8 >> 8, v1 = v >> 8, w0 = w & 0xFF, w1 = w >> 8;
  return sum + SLUICE_DOT_HALVES(w0, v0) + SLUICE_DOT_HALVES(w1, v1);
}
SLUICE_PURE sluice_int8 sluice_nibble_sum8(sluice_int8 sum) { return sum; }
#endif
#endif

#if defined(__F16C__) || defined(__aarch64__)
#define SLUICE_WIDEN_HALF(N, halves)                                                             \
  __builtin_convertvector((sluice_half##N)(halves), sluice_float##N)
#else
// Without the instruction: exponents 112 too small, which a product makes good, denormals too.
#define SLUICE_WIDEN_HALF(N, halves)                                                             \
  ((sluice_float##N)((sluice_int##N)((sluice_float##N)((__builtin_convertvector(                 \
                                                            halves, sluice_int##N) &             \
                                                        0x7FFF)                                  \
                                                       << 13) *                                  \
                                     0x1p112f) |                                                 \
                     (__builtin_convertvector(halves, sluice_int##N) & 0x8000) << 16))
#endif

#define SLUICE_COMPACT(N)                                                                        \
  typedef _Float16 sluice_half##N __attribute__((ext_vector_type(N)));                           \
  /* N neighbouring binary16 numbers, of any alignment. */                                       \
  static inline __attribute__((always_inline)) sluice_float##N sluice_load_half##N(              \
      const void *_Nonnull pointer) {                                                            \
    sluice_short##N halves;                                                                      \
    memcpy(&halves, pointer, sizeof halves);                                                     \
    return SLUICE_WIDEN_HALF(N, halves);                                                         \
  }                                                                                              \
  /* The even columns of words of two bf16 numbers, and the odd ones. */                         \
  SLUICE_PURE sluice_float##N sluice_even_brain##N(sluice_int##N words) {                        \
    return (sluice_float##N)(words << 16);                                                       \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_odd_brain##N(sluice_int##N words) {                         \
    return (sluice_float##N)(words & (int)0xFFFF0000);                                           \
  }                                                                                              \
  /* The low nibbles of words, and the high ones, with 8 added: -7 to 7 become 1 to 15. */        \
  SLUICE_PURE sluice_int##N sluice_low_nibbles##N(sluice_int##N words) {                         \
    return (words ^ 0x08080808) & 0x0F0F0F0F;                                                    \
  }                                                                                              \
  SLUICE_PURE sluice_int##N sluice_high_nibbles##N(sluice_int##N words) {                        \
    return (words >> 4 ^ 0x08080808) & 0x0F0F0F0F;                                               \
  }                                                                                              \
  SLUICE_PURE sluice_int##N sluice_int_add##N(sluice_int##N a, sluice_int##N b) {                \
    return a + b;                                                                                \
  }                                                                                              \
  SLUICE_PURE sluice_float##N sluice_to_float##N(sluice_int##N a) {                              \
    return __builtin_convertvector(a, sluice_float##N);                                          \
  }

SLUICE_COMPACT(8)
SLUICE_COMPACT(16)

/// The greater lanes of `most` and the magnitudes of `value`, as bits: NaN above all.
SLUICE_PURE sluice_int16 sluice_greater_bits16(sluice_int16 most, sluice_float16 value) {
  sluice_int16 bits = (sluice_int16)value & 0x7FFFFFFF;
  return bits > most ? bits : most;
}

/// Nothing: what stands with it behind a condition is branched over, and never computed in advance.
static inline __attribute__((always_inline)) void sluice_rarely(void) { __asm__ volatile(""); }

/// value * factor, rounded to nearest, ties to even, with an offset added, in the low byte of each
/// lane. Above it are the bits of 1.5 * 2^23, or where the number is no byte others.
SLUICE_PURE sluice_int16 sluice_round16(sluice_float16 value, sluice_float16 factor, int offset) {
  const sluice_float16 scaled = value * factor;
  return (sluice_int16)(scaled + (sluice_float16)(12582912.0f + offset));
}

#define SLUICE_LEAST(offset) ((sluice_int16)(0x4B400000 + (offset)-127))

/// What was rounded, limited to -127 and 127: the bits grow with the number.
SLUICE_PURE sluice_int16 sluice_limit16(sluice_int16 rounded, int offset) {
  const sluice_int16 least = SLUICE_LEAST(offset), most = least + 254;
  const sluice_int16 floored = rounded > least ? rounded : least;
  return floored < most ? floored : most;
}

/// Whether a lane of what was rounded is beyond -127 and 127, or NaN.
SLUICE_PURE bool sluice_exceeds16(sluice_int16 rounded, int offset) {
  const sluice_int16 distance = rounded - SLUICE_LEAST(offset);
#if defined(__AVX512F__)
  return _mm512_cmpgt_epu32_mask((__m512i)distance, _mm512_set1_epi32(254)) != 0;
#else
  return __builtin_reduce_or(distance < 0 | distance > 254) != 0;
#endif
}

/// Whether a lane is NaN.
SLUICE_PURE bool sluice_holds_nan16(sluice_float16 value) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask((__m512)value, (__m512)value, _CMP_UNORD_Q) != 0;
#else
  return __builtin_reduce_or(value != value) != 0;
#endif
}

/// Whether magnitudes, as bits, are all below a limit; NaN is not.
SLUICE_PURE bool sluice_is_below16(sluice_int16 magnitudes, float limit) {
  const sluice_int16 least = (sluice_int16)(sluice_float16)(limit);
#if defined(__AVX512F__)
  return _mm512_cmpge_epi32_mask((__m512i)magnitudes, (__m512i)least) == 0;
#else
  return __builtin_reduce_or(magnitudes >= least) == 0;
#endif
}

/// The sum of what was rounded without an offset.
SLUICE_PURE int sluice_rounded_sum16(sluice_int16 rounded) {
  return __builtin_reduce_add(rounded - 0x4B400000);
}

#if defined(__AVX512VNNI__)
/// The greatest magnitude of the first `count` lanes: as bits, so that NaN is above all.
static inline __attribute__((always_inline)) float sluice_greatest16(sluice_float16 value, long count) {
  __m512i most = _mm512_and_si512((__m512i)value, _mm512_set1_epi32(0x7FFFFFFF));
  if (count > 8) most = _mm512_max_epi32(most, _mm512_shuffle_i64x2(most, most, 0x4E));
  if (count > 4) most = _mm512_max_epi32(most, _mm512_shuffle_i64x2(most, most, 0xB1));
  if (count > 2) most = _mm512_max_epi32(most, _mm512_shuffle_epi32(most, 0x4E));
  if (count > 1) most = _mm512_max_epi32(most, _mm512_shuffle_epi32(most, 0xB1));
  return ((sluice_float16)most)[0];
}
/// The low bytes of each quarter's lanes as words, four times the same.
SLUICE_PURE sluice_int16 sluice_words16(sluice_int16 value) {
  return (sluice_int16)_mm512_shuffle_epi8((__m512i)value, _mm512_set1_epi32(0x0C080400));
}
/// A quarter's word in all lanes: the first one's is there earliest.
SLUICE_PURE sluice_int16 sluice_repeat_quarter16(sluice_int16 value, long quarter) {
  const __m512i v = (__m512i)value;
  return (sluice_int16)(quarter == 0   ? _mm512_broadcastd_epi32(_mm512_castsi512_si128(v))
                        : quarter == 1 ? _mm512_shuffle_i32x4(v, v, 0x55)
                        : quarter == 2 ? _mm512_shuffle_i32x4(v, v, 0xAA)
                                       : _mm512_shuffle_i32x4(v, v, 0xFF));
}
#endif

/// The low bytes to memory.
static inline __attribute__((always_inline)) void sluice_store_bytes16(
    sluice_int16 value, void *_Nonnull pointer) {
  sluice_char16 bytes = __builtin_convertvector(value, sluice_char16);
  memcpy(pointer, &bytes, sizeof bytes);
}
