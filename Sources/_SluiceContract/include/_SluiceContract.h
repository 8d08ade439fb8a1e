#pragma once
#include <stdbool.h>
#include <stdint.h>

/// The contract of the kernels: what they are told of a layer, and where its rows lie. Read by them and
/// by the runtime.

/// Which kernel runs a layer. Filled in once, when a model is opened.
typedef enum : uint32_t {
  sluice_kernel_lstm,
  sluice_kernel_gru_reset_after,
  sluice_kernel_gru_reset_before,
  sluice_kernel_elman,
  sluice_kernel_dense,
  sluice_kernel_activation,
  sluice_kernel_convolution,
  sluice_kernel_scale,
  sluice_kernel_layer_norm,
  sluice_kernel_prelu,
  sluice_kernel_copy,
  sluice_kernel_accumulate,
  sluice_kernel_magnitude,
  sluice_kernel_reflect_pad,
  sluice_kernel_multiply,
  sluice_kernel_max_pool,
  sluice_kernel_arg_max,
  /// Any layer whose weights are not f32: `sluice_compact` says which.
  sluice_kernel_compact,
  /// Dense and activation layers whose function the plain kernels do not have.
  sluice_kernel_dense_general,
  sluice_kernel_activation_general,
  /// Recurrent layers beyond the plain form: any activations, limits, peepholes, projections.
  sluice_kernel_lstm_general,
  sluice_kernel_gru_reset_after_general,
  sluice_kernel_gru_reset_before_general,
  sluice_kernel_elman_general,
  /// A mask, and a recurrent layer that passes masked steps over: `inner` says which.
  sluice_kernel_mask,
  sluice_kernel_masked,
  /// A convolution of which each channel sees itself alone.
  sluice_kernel_depthwise,
  sluice_kernel_delay,
  sluice_kernel_gather,
  /// A recurrent layer over the columns of a step: `inner` runs them as steps, or as streams.
  sluice_kernel_columns,
  /// A convolution whose weights are not f32: `inner` runs its columns as rows of a dense layer.
  sluice_kernel_compact_convolution,
} sluice_kernel;

/// Whether a general pass runs over a kernel's rows, or is all of it.
static inline bool sluice_is_general(sluice_kernel kernel) {
  switch (kernel) {
    case sluice_kernel_dense_general:
    case sluice_kernel_activation_general:
    case sluice_kernel_lstm_general:
    case sluice_kernel_gru_reset_after_general:
    case sluice_kernel_gru_reset_before_general:
    case sluice_kernel_elman_general: return true;
    default: return false;
  }
}

/// A function of sums, numbered as in a blob. The plain kernels know those up to softmax and its
/// logarithm, the general ones all but these two.
typedef enum : uint32_t {
  sluice_activation_identity,
  sluice_activation_tanh,
  sluice_activation_sigmoid,
  sluice_activation_relu,
  sluice_activation_softmax,
  sluice_activation_affine,
  sluice_activation_leaky_relu,
  sluice_activation_thresholded_relu,
  sluice_activation_scaled_tanh,
  sluice_activation_hard_sigmoid,
  sluice_activation_elu,
  sluice_activation_softsign,
  sluice_activation_softplus,
  sluice_activation_log_softmax,
  sluice_activation_exponential,
  sluice_activation_logarithm,
  sluice_activation_square_root,
  sluice_activation_reciprocal,
} sluice_activation;

/// What a layer does with its columns: a step's features as [length, channels].
typedef struct {
  /// Columns read and written at a step.
  intptr_t length, output_length;
  /// Features of a column read and written.
  intptr_t input_channels, output_channels;
  /// A convolution's or pool's taps, and columns from one output, and from one tap, to the next.
  intptr_t kernel_size, stride, dilation;
  /// Columns put before and behind those of the step.
  intptr_t before, after;
  /// Floats of the columns that a convolution keeps from step to step, without and with padding; of a
  /// delay its steps, and behind them as an integer which of these is the oldest.
  intptr_t past, past_stride;
  /// Steps of a delay.
  intptr_t delay;
  /// Floats of a convolution's padded input in the layer's scratch; 0 where it reads it in place.
  intptr_t window;
  /// A copy of some channels: the first that is read, and where it goes in a column written.
  intptr_t input_start, output_start, count;
  float epsilon;
  /// What a mask compares `count` features with, from `input_start` on.
  float masked;
  /// Whether a recurrent layer goes from column to column, else from step to step; whether from the last
  /// one; whether it has a C.
  bool is_along, is_reverse, has_cell;
} sluice_columns;

/// Rows that a convolution gathers or spreads at a time.
enum { sluice_convolution_rows = 8 };

/// An activation with its parameters.
typedef struct {
  sluice_activation kind;
  float alpha, beta;
} sluice_function;

/// What a general kernel must know beside; the plain kernels do not read it.
typedef struct {
  /// Units: other than the layer's outputs behind a projection. Lanes of gates and of C.
  intptr_t hidden_size;
  /// Floats of a vector of units with its padding, a multiple of 16.
  intptr_t hidden_stride;
  sluice_function gate, candidate, output;
  /// Sums are limited to [-clip, clip] before their activation; 0 for no limit.
  float clip;
  /// C is limited to [-cell_clip, cell_clip] before anything reads it, h behind a projection to
  /// [-projection_clip, projection_clip]; 0 for no limit.
  float cell_clip, projection_clip;
  /// Whether the weights of i, f and o from C follow the biases: rows 4, 5 and 6 of a tile.
  bool has_peepholes;
  /// Whether f = 1 - i.
  bool is_coupled;
  /// Packed like a dense layer's weights, [output_size] of [hidden_size]; NULL for none.
  const float *_Nullable projection;
} sluice_form;

/// How weights are stored, numbered as in a blob.
typedef enum : uint32_t {
  sluice_storage_f32 = 1,
  sluice_storage_f16,
  sluice_storage_bf16,
  sluice_storage_int8,
  sluice_storage_int4,
} sluice_storage;

/// Whether weights are integers, with scales.
static inline bool sluice_is_integer(sluice_storage storage) {
  return storage == sluice_storage_int8 || storage == sluice_storage_int4;
}

/// Some gates of a compact layer, whose sums one pass over its weights computes. Bytes, where nothing
/// else is said; those of a last single panel are half of a pair's.
typedef struct {
  const void *_Nonnull weights;
  /// Scales of integers; where there are none, anything.
  const void *_Nonnull scales;
  /// The biases' row of the first gate, of the first pair of panels.
  const float *_Nonnull biases;
  intptr_t gates;
  /// The first gate's place among all sums of a row.
  intptr_t first_gate;
  /// From one pair of panels to the next.
  intptr_t tile_pitch, scale_pitch;
  /// Floats from one pair's biases to the next's, and lanes before the pass's own.
  intptr_t bias_pitch, bias_row;
  /// Where the weights of h begin in a pair, and of int4 their scales.
  intptr_t hidden_weights, hidden_scales;
  /// Rows of a tile's int8 scales and corrections: of x, and of h.
  intptr_t input_scale_row, input_correction_row, hidden_scale_row, hidden_correction_row;
} sluice_compact_pass;

/// Which blocks a sparse layer keeps; its weights are theirs, one after the other. A block is what a tile's
/// lanes of all gates have in one word of columns. A mapped file may be changed: what is read of it is limited.
typedef struct {
  /// Where each list of blocks ends, of all blocks: of each tile `lists`, those of W, then those of U; of f32
  /// weights those of even columns, then those of odd ones. NULL where every block is stored.
  const uint32_t *_Nullable ends;
  /// Of each block its word of columns, in 16 bits; they ascend in a list.
  const void *_Nullable words;
  intptr_t lists;
  /// Blocks of all pairs of panels, and with those of an odd last panel, which are half as long.
  intptr_t paired, all;
} sluice_blocks;

/// How a vector becomes integers.
typedef struct {
  /// What one step of them stands for, and 1 / step; both 0 where each vector has its own.
  float step, factor;
  /// Below it a vector's greatest magnitude gives it a step of its own all the same: 0 for never,
  /// infinity where each has its own.
  float quiet;
} sluice_quantisation;

/// What a compact kernel must know beside; the others do not read it.
typedef struct {
  sluice_storage storage;
  /// The layer's kernel, were its weights f32.
  sluice_kernel cell;
  sluice_quantisation input, hidden;
  /// Gates of all passes.
  intptr_t gates;
  sluice_blocks blocks;
  /// All gates, or of a GRU that resets before r and z, then n.
  sluice_compact_pass first, second;
} sluice_compact;

/// Bytes of a quantised row of `columns` features: a line with what a step stands for, the integers
/// in whole groups of 32, and a 32-bit number for each group; a multiple of 64.
static inline intptr_t sluice_quantised_pitch(intptr_t columns) {
  return 64 + ((columns + 31) / 32 * 36 + 63) / 64 * 64;
}

/// Where the rows of a recurrent layer over columns lie in its workspace, from h on, in floats: a multiple of 16
/// each.
typedef struct {
  intptr_t next, cell, scratch, projected, recurrent, quantised, end;
} sluice_column_rows;

/// The rows of `length` columns: vectors of outputs and of units with their padding, `gates` of them, and
/// x and h of `inputs` and `outputs` as integers where weights are such.
static inline sluice_column_rows sluice_rows_of_columns(
    intptr_t length, intptr_t stride, intptr_t units, intptr_t gates, intptr_t inputs, intptr_t outputs,
    bool is_integer) {
  intptr_t sums = length * gates * (stride > units ? stride : units);
  sluice_column_rows rows;
  rows.next = length * stride;
  rows.cell = rows.next + length * stride;
  rows.scratch = rows.cell + length * units;
  rows.projected = rows.scratch + 2 * length * stride + (gates + 1) * units;
  rows.recurrent = rows.projected + sums;
  rows.quantised = rows.recurrent + sums;
  intptr_t bytes = is_integer ? sluice_quantised_pitch(inputs) + sluice_quantised_pitch(outputs) : 0;
  rows.end = rows.quantised + length * bytes / 4;
  return rows;
}

/// One layer of a model's immutable plan. Offsets are in floats: into what a stream remembers, its states, or into
/// the vectors that last for a step.
typedef struct {
  /// Packed weights in the mapped blob, 64-byte aligned.
  const float *_Nonnull weights;
  /// Packed biases in the mapped blob, 64-byte aligned.
  const float *_Nonnull biases;
  /// h(0), then for the LSTM C(0), padded; NULL stands for zero.
  const float *_Nullable initial_state;
  /// Features read at a step.
  intptr_t input_size;
  /// Features written at a step; units of a recurrent layer.
  intptr_t output_size;
  /// Floats of one output or state vector with its padding, a multiple of 16.
  intptr_t stride;
  /// Where the output lies: of a recurrent layer two vectors among the states (h(t-1) and h(t)), else one among a
  /// step's.
  intptr_t output_offset;
  /// Where among the states the LSTM's C lies.
  intptr_t cell_offset;
  /// Floats of C, or of the columns that a convolution keeps, with padding; 0 where there are none.
  intptr_t cell_stride;
  /// Where among a step's vectors those lie that a cell needs within it.
  intptr_t scratch_offset;
  /// Whether the layer has a state: two vectors at `output_offset`.
  bool is_recurrent;
  /// Whether the layer reads the sequence from its end: the runtime hands it the rows so.
  bool is_reverse;
  /// Whether tanh and sigmoid are of the fast grade.
  bool is_fast;
  /// Whether the row that it writes last becomes every row.
  bool writes_final;
  sluice_kernel kernel;
  /// The kernel of the steps that a masked layer computes, or of the columns of one that has a kernel over them; of
  /// others `kernel` itself.
  sluice_kernel inner;
  sluice_activation activation;
  sluice_form form;
  sluice_compact compact;
  /// Of a layer that has columns, else NULL.
  const sluice_columns *_Nullable columns;
  /// The blob's layer; those of several inputs take a plan's layer for each.
  int32_t record;
  /// The layer of the plan that it reads, -1 for the model's input.
  int32_t source;
  /// Which rows of a block the layer writes, and the last of the blob's layers that reads them.
  int32_t slot, reader;
} sluice_layer;

/// The pass over the weights of a compact layer's gates: the first, or the second.
static inline __attribute__((always_inline)) const sluice_compact_pass *_Nonnull sluice_pass(
    const sluice_layer *_Nonnull layer, bool is_second) {
  return is_second ? &layer->compact.second : &layer->compact.first;
}

/// What a kernel reads and writes when it runs one layer over `steps` steps of one stream, or one
/// step of `steps` streams, each vector then a row of its own.
typedef struct {
  /// [steps, input_size], rows `input_stride` floats apart, no alignment asked for.
  const float *_Nonnull input;
  intptr_t input_stride;
  /// h(t-1) of the first step, `stride` floats. Of many streams, rows `stride` floats apart, which
  /// may be those of `output`.
  const float *_Nonnull hidden;
  /// [steps, stride], rows `output_stride` floats apart, 64-byte aligned; h(t) of a recurrent layer.
  float *_Nonnull output;
  intptr_t output_stride;
  /// C of the LSTM, updated in place; rows of many streams as far apart as C is long.
  float *_Nonnull cell;
  /// Two vectors of `stride` floats; of many streams, all first vectors, then all second. A general
  /// kernel has one vector of `hidden_stride` floats for each gate and one more, for all streams.
  float *_Nonnull scratch;
  /// W x + b of every row, [rows][gates * stride]; unused for a single step of f32 weights. Of a layer over
  /// columns all rows that `sluice_rows_of_columns` tells.
  float *_Nonnull projected;
  /// U h of every row, laid out like `projected`; for many streams only. Of compact weights of one
  /// stream one row.
  float *_Nonnull recurrent;
  /// Of integer weights x of every row, then h of every row (of one stream a single row of h), each
  /// of `sluice_quantised_pitch` bytes.
  void *_Nonnull quantised;
  intptr_t steps;
  /// Whether the first step reads the weights from their end: every other step does, because what
  /// was read last is still in the nearest cache. The order of the sums does not change.
  bool backwards;
} sluice_block;
