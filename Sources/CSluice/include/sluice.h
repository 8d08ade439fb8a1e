/*
 * sluice.h - trained recurrent networks, one time step at a time
 *
 * SYNOPSIS
 *     #include <sluice.h>          cc main.c $(pkg-config --cflags --libs sluice)
 *
 *     sluice_model_t *model;
 *     sluice_stream_t *stream;
 *     sluice_error error;
 *     if (sluice_open_file("model.sluice", NULL, &model, &error) ||
 *         sluice_stream_create(model, 0, &stream, &error))
 *       return fprintf(stderr, "%s\n", error.message), 1;
 *     while (...)
 *       if (sluice_step(stream, x, y)) ...
 *
 * DESCRIPTION
 *     A model is an opened .sluice file: immutable, shared by any number of streams and threads. A
 *     stream is one sequence running through it: it carries the network's state from each step to
 *     the next. A batch is many streams of one model, stepped in one call.
 *
 *     Opening validates every byte of the file once, and creating takes all memory that is ever
 *     needed. After that, the functions marked [real-time] never allocate, lock, enter the kernel,
 *     fault a page or trap, whatever their input. Pages fault all the same where the system took them
 *     away: after fork(2), when parent or child first writes to a stream, and where memory is swapped out.
 *     SLUICE_OPEN_LOCK keeps the model in memory, not its streams: lock those with mlock(2) of what
 *     sluice_stream_init is given, or all with mlockall(2). A step takes less than SLUICE_STACK_BYTES of
 *     stack; memory for streams starts at a multiple of sluice_stream_alignment.
 *
 *     The same model, state and input give the same bits: with steps or blocks, alone or in a
 *     batch, and on every instruction set with a fused multiply-add (all but the baseline). Of a NaN
 *     that is all that is promised: its sign and payload may differ.
 *
 *     Floats are rounded to nearest, and a result below 2^-126 in magnitude is zero: no input makes
 *     a step slow. The caller's own setting of these (MXCSR, FPCR) is neither used nor changed by any
 *     function, flags included but one: on x86-64 the inexact flag may be left set, as by any
 *     arithmetic in C, unless the caller traps it.
 *
 *     Floats and tokens, x and y, start at a multiple of 4, else SLUICE_BAD_ARGUMENT; where they start at
 *     one of 64 a step may be a few nanoseconds faster. Bytes of a state and texts start anywhere.
 *
 * ERRORS
 *     A function that can fail returns SLUICE_OK, which is 0, or another sluice_status, and nothing
 *     else has then happened: no output is written, no state is changed, nothing stays allocated.
 *     The one exception is SLUICE_NOT_FINITE. Functions with a `sluice_error *error` describe the
 *     failure there, unless it is NULL. Those that open or create set *model, *stream or *batch to NULL
 *     on failure, and every function takes a NULL handle: it then returns SLUICE_BAD_ARGUMENT, 0 or
 *     false. Nothing aborts, also where memory is refused. A system that grants more than it has
 *     (overcommit) refuses nothing and may kill the process when pages are first touched: opening and
 *     creating touch all of theirs.
 *
 * THREADS
 *     A model may be used by any number of threads at a time. A stream or batch may move between
 *     threads, but only one may use it at a time: that is neither checked nor locked, and two at
 *     once compute garbage. After fork(2) the child has models, streams and batches of its own, as they
 *     were. A signal handler may call the [real-time] functions on a stream or batch that the code it
 *     interrupts is not in; none of the others.
 *
 * LIFETIMES
 *     A model, stream or batch must not be used after it was closed or destroyed; that is not
 *     detected. A model may be closed before its streams: its memory goes with the last of them.
 *
 * NEEDS
 *     The shared library needs libc alone (glibc 2.33 or later). The archive also needs the detection of
 *     the CPU in libgcc (__cpu_indicator_init, __cpu_features2), which gcc and clang link of themselves.
 */
#ifndef SLUICE_H
#define SLUICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_VERSION_MAJOR 0
#define SLUICE_VERSION_MINOR 1
#define SLUICE_VERSION_PATCH 0

/* Bytes of stack that a function marked [real-time] takes at most. */
#define SLUICE_STACK_BYTES 16384

/* An opened model; only pointers to it are passed. */
typedef struct sluice_model_s sluice_model_t;
/* One running sequence of a model; only pointers to it are passed. */
typedef struct sluice_stream_s sluice_stream_t;
/* Many running sequences of one model; only pointers to them are passed. */
typedef struct sluice_batch_s sluice_batch_t;

/* What steps need while they run, shared by streams and batches of one model and thread: see WORKSPACES. */
typedef struct sluice_workspace_s sluice_workspace_t;

/* What a function returns. */
typedef enum sluice_status {
  /* Done. */
  SLUICE_OK = 0,
  /* An argument is NULL, misaligned, too small, out of its range, or overlaps where it must not. */
  SLUICE_BAD_ARGUMENT = 1,
  /* The system refused: the file cannot be read, or memory not be locked. error.system_error says. */
  SLUICE_SYSTEM_ERROR = 2,
  /* The path is a directory, FIFO, socket or device, or the file is empty. Memory of no bytes is
   * SLUICE_INVALID_MODEL. */
  SLUICE_NOT_A_FILE = 3,
  /* The bytes break a rule of the format: error.offset says where, error.message which. */
  SLUICE_INVALID_MODEL = 4,
  /* This CPU cannot run the instruction set asked for, or SLUICE_ISA names none: error.message quotes it. */
  SLUICE_NO_INSTRUCTION_SET = 5,
  /* Memory ran out, or the size asked for cannot be expressed: sluice_stream_size or sluice_batch_size
   * is then 0. */
  SLUICE_OUT_OF_MEMORY = 6,
  /* The model has no such token; or it reads tokens where features were given, or the reverse. */
  SLUICE_WRONG_INPUT = 7,
  /* A saved state is damaged, not finite, of another model, or of another version. */
  SLUICE_INVALID_STATE = 8,
  /* The step was done, but the state is no longer finite: see sluice_stream_check. */
  SLUICE_NOT_FINITE = 9,
  /* The model reads backwards: it takes whole sequences, of at most the stream's block_size steps. */
  SLUICE_NEEDS_SEQUENCE = 10,
  /* A stream or step takes more than the model's sluice_options allow: error.message says how much. */
  SLUICE_ABOVE_LIMIT = 11,
  /* The two streams' models compute differently, not only with other numbers: no state can be carried. */
  SLUICE_OTHER_TOPOLOGY = 12,
  /* The model's metadata have no such value, or one of another type; or do not say that the model is for what
   * is asked of it. */
  SLUICE_NO_METADATA = 13,
} sluice_status;

/* A build of the kernels. All of an architecture are in its library; one is chosen when a model is
 * opened. */
typedef enum sluice_isa {
  /* What the environment's SLUICE_ISA names (baseline, avx2, avx512, neon), else the fastest. */
  SLUICE_ISA_BEST = 0,
  /* Every x86-64 CPU (SSE2), and every CPU of an architecture that has no set of its own here, such as
   * riscv64. Without a fused multiply-add: rounds differently from the others. */
  SLUICE_ISA_BASELINE = 1,
  /* x86-64-v3: AVX2, FMA, F16C. */
  SLUICE_ISA_AVX2 = 2,
  /* x86-64-v4 and VNNI. */
  SLUICE_ISA_AVX512 = 3,
  /* Every 64-bit Arm CPU. */
  SLUICE_ISA_NEON = 4,
} sluice_isa;

/* Why a function failed. The caller's memory; written only on failure. */
typedef struct sluice_error {
  sluice_status status;
  /* The system's errno with SLUICE_SYSTEM_ERROR, else 0. */
  int32_t system_error;
  /* With SLUICE_INVALID_MODEL and SLUICE_INVALID_STATE, the byte at which a rule is broken, else -1. */
  int64_t offset;
  /* One sentence, NUL-terminated. */
  char message[240];
} sluice_error;

/* The library's version, such as "1.2.3". Never NULL, never freed. */
const char *sluice_version(void);

/* One sentence for a status. Never NULL, never freed. */
const char *sluice_status_text(sluice_status status);

/* The name of an instruction set, as SLUICE_ISA spells it; NULL for SLUICE_ISA_BEST and no set. */
const char *sluice_isa_name(sluice_isa isa);

/* Whether this CPU, and the operating system on it, can run it; false for SLUICE_ISA_BEST. */
bool sluice_isa_available(sluice_isa isa);

/*
 * MODELS
 *
 * sluice_open_file opens a .sluice file. sluice_open_memory opens the same bytes in memory. How is said by
 * a sluice_options, or NULL for the defaults:
 *
 *     sluice_options options = {.size = sizeof options, .flags = SLUICE_OPEN_LOCK};
 *
 * size: sizeof(sluice_options). Later versions add fields behind these. Those that a program's struct lacks
 * are 0, which stands for the default; what it has and the library does not know must be 0, else
 * SLUICE_BAD_ARGUMENT.
 *
 * flags: 0, or a sum of
 *     SLUICE_OPEN_COPY     works on a copy in memory of its own, not on the file or the bytes given.
 *     SLUICE_OPEN_SEALED   works on a copy in a sealed memfd: neither another process nor this one can
 *                          change or truncate it. Takes a file descriptor while opening, beside the file's own.
 *     SLUICE_OPEN_NO_HASH  skips comparing the hash of all bytes, which is most of the time of opening;
 *                          everything else is validated all the same.
 *     SLUICE_OPEN_LOCK     locks the model's memory, so that it is never swapped out: mlock(2), bounded
 *                          by RLIMIT_MEMLOCK. A failure is SLUICE_SYSTEM_ERROR.
 *     SLUICE_OPEN_LAZY     does not read all pages of a mapped file at once: a first step may fault.
 *
 * SEALED goes before COPY; with either, LAZY means nothing.
 *
 * Without COPY or SEALED, the file is mapped and executed where it lies, without a copy. Hazard: who
 * truncates the file while it is mapped kills the process (SIGBUS), who rewrites it in place changes
 * weights under running streams. Replacing it by rename(2) is safe. Bytes in memory are borrowed: they
 * must start at a multiple of 64, else SLUICE_BAD_ARGUMENT, and stay unchanged until the model and its
 * streams are gone.
 *
 * isa: SLUICE_ISA_BEST, or one to force.
 *
 * max_stream_bytes, max_step_operations: limits for blobs that are not trusted, 0 for none. A blob of 4 MB
 * can ask for a stream of 29 GB, or for minutes a step. A model of which a stream of one step a block, or a
 * step, takes more is SLUICE_ABOVE_LIMIT, before memory is taken for any; so is a stream that
 * sluice_stream_create is to make with a larger block, and a batch each of whose streams takes more.
 * Operations are a multiplication and addition for each weight that a step reads, and one for each output
 * of each layer: some 10^9 to 10^11 a second.
 *
 * Opening calls open, fstat, mmap and close, of a copy also pread and mprotect (SEALED: memfd_create,
 * sendfile or write, fcntl, close), with LOCK mlock, and posix_memalign; closing calls munmap and free.
 */
#define SLUICE_OPEN_COPY 1u
#define SLUICE_OPEN_SEALED 2u
#define SLUICE_OPEN_NO_HASH 4u
#define SLUICE_OPEN_LOCK 8u
#define SLUICE_OPEN_LAZY 16u

/* How a model is opened, all 0 but its size for the defaults; see MODELS. */
typedef struct sluice_options {
  /* sizeof(sluice_options), by which the library knows the fields that its caller knows. */
  size_t size;
  /* SLUICE_OPEN_*, combined with |. */
  uint32_t flags;
  /* The instruction set; SLUICE_ISA_BEST takes the best of this CPU. */
  sluice_isa isa;
  /* What one stream may take at most, in bytes; 0 for any. */
  uint64_t max_stream_bytes;
  /* The operations that a step may take at most; 0 for any. */
  uint64_t max_step_operations;
} sluice_options;

/* Opens a .sluice file, which stays mapped; see MODELS. */
sluice_status sluice_open_file(const char *path, const sluice_options *options,
                               sluice_model_t **model, sluice_error *error);
/* Opens the bytes of a .sluice file in memory, borrowed or copied; see MODELS. */
sluice_status sluice_open_memory(const void *bytes, size_t size, const sluice_options *options,
                                 sluice_model_t **model, sluice_error *error);

/* Lets go of a model; NULL is ignored. */
void sluice_close(sluice_model_t *model);

/* Floats read at a step; for a model that reads tokens, the number of token ids. [real-time] */
size_t sluice_input_size(const sluice_model_t *model);

/* Floats written at a step. [real-time] */
size_t sluice_output_size(const sluice_model_t *model);

/* Whether a step reads a token id (sluice_step_token) instead of floats. [real-time] */
bool sluice_reads_tokens(const sluice_model_t *model);

/* Whether sluice_process writes the last step's output alone, not that of every step. [real-time] */
bool sluice_yields_last(const sluice_model_t *model);

/* The hash of the model's bytes, by which a saved state knows it. [real-time] */
uint64_t sluice_model_hash(const sluice_model_t *model);

/* A hash of what the model computes but for its numbers: kinds, sizes, connections and functions of its
 * layers, not weights or their types. Of two models with the same one, the state of the one can be carried
 * over to the other: sluice_stream_carry. [real-time] */
uint64_t sluice_model_topology(const sluice_model_t *model);

/* Bytes of the model, of which each step reads at most those of its weights. [real-time] */
size_t sluice_model_size(const sluice_model_t *model);

/* Operations of a step, as max_step_operations counts them. [real-time] */
uint64_t sluice_step_operations(const sluice_model_t *model);

/* Whether the model takes single steps; if not, whole sequences alone: SLUICE_NEEDS_SEQUENCE. [real-time] */
bool sluice_is_streamable(const sluice_model_t *model);

/* What was written into the model about its use, names, units and free keys: a JSON object in UTF-8 of *size
 * bytes, without a NUL behind it, which lives as long as the model. NULL and 0 where there is none.
 * [real-time] */
const char *sluice_model_metadata(const sluice_model_t *model, size_t *size);

/*
 * Values of the metadata, each named by a JSON pointer (RFC 6901): "/sample_rate", "/inputs/0/unit", "/custom/seed".
 * What `sluice convert` checks of them is told by its --help. They read the text from its start: cheap, but nothing
 * for every step. What is not there, or not of that type, is SLUICE_NO_METADATA, and nothing is written. [real-time]
 */

/* A number, rounded to nearest. [real-time] */
sluice_status sluice_metadata_number(const sluice_model_t *model, const char *pointer, double *value);

/* A string in UTF-8, its escapes resolved, and a NUL behind it, in `size` bytes of `text`. *length, unless it is NULL,
 * is its bytes without that NUL, also where they do not fit: SLUICE_BAD_ARGUMENT, and `text` is not written. [real-time] */
sluice_status sluice_metadata_text(const sluice_model_t *model, const char *pointer, char *text, size_t size,
                                   size_t *length);

/* Elements of an array, or members of an object; 0 of anything else. "" names the whole. [real-time] */
size_t sluice_metadata_count(const sluice_model_t *model, const char *pointer);

/* How many labels the model has for its outputs, 0 where it has none: as many as outputs, or two of a single output,
 * of which the second is that of 1. [real-time] */
size_t sluice_label_count(const sluice_model_t *model);

/* The label of output `index` in UTF-8 of *size bytes, without a NUL behind it, which lives as long as the model. NULL
 * and 0 where there is none. [real-time] */
const char *sluice_label(const sluice_model_t *model, size_t index, size_t *size);

/* The instruction set that runs the model. [real-time] */
sluice_isa sluice_model_isa(const sluice_model_t *model);

/* One layer of a model. */
typedef struct sluice_layer_info {
  /* sizeof(sluice_layer_info), set by the caller, by which the library knows the fields that it knows. */
  size_t size;
  /* What it is and how its weights are stored, as `sluice inspect` names them: "lstm", "int8". NUL-terminated. */
  const char *kind, *storage;
  /* Its name in UTF-8, without a NUL; it lives as long as the model. */
  const char *name;
  /* Bytes of the name. */
  size_t name_size;
  /* Features read at a step; of an embedding the number of token ids. */
  size_t input_size;
  /* Features written at a step. */
  size_t output_size;
  /* Floats of its h, 0 for a layer without a recurrent state. */
  size_t hidden_state_size;
  /* Floats of its C, 0 for all but an LSTM. */
  size_t cell_state_size;
  /* Bytes of its weights, with their scales. */
  size_t weight_bytes;
} sluice_layer_info;

/* The number of layers. [real-time] */
size_t sluice_layer_count(const sluice_model_t *model);

/* Describes layer `index`, from 0, in `layer`, whose size its caller has set. [real-time] */
sluice_status sluice_model_layer(const sluice_model_t *model, size_t index, sluice_layer_info *layer);

/*
 * Finds the next token of a text in the vocabulary of a model: a word, or one other character; where the vocabulary
 * has a space for a word, the longest of its words that the text goes on with, or one unknown character. Returns
 * false at the end of the text. *position is the byte to start at, 0 at first, and is moved behind the
 * token. *token is its id, that of unknown words (0) where the vocabulary lacks it. Of a model that has
 * no vocabulary, or does not read tokens, it is false at once, and *position stays. [real-time]
 */
bool sluice_next_token(const sluice_model_t *model, const char *text, size_t size, size_t *position,
                       int32_t *token);

/*
 * STREAMS
 *
 * block_size is the number of steps that sluice_process takes through a layer at once; the results do
 * not depend on it, memory and speed do. 0 stands for 32, or of a model with large layers for as many as half
 * a MiB holds the rows of, or a sixteenth of its widest layer's weights; a stream that is only stepped needs 1.
 * The greatest is where sluice_stream_size becomes 0, bytes that cannot be expressed: SLUICE_OUT_OF_MEMORY.
 * A model with a layer that reads from the sequence's end takes whole sequences by sluice_process, of at
 * most block_size steps; a step, a batch and a longer sequence are SLUICE_NEEDS_SEQUENCE.
 *
 * sluice_stream_create allocates a stream. sluice_stream_init makes one in `size` bytes of the caller's
 * memory and allocates nothing: at least sluice_stream_size bytes at a multiple of
 * sluice_stream_alignment, which are the stream's until it is destroyed: it keeps its model open until
 * then. Both touch all of it.
 */
size_t sluice_stream_alignment(void);

/* Bytes of a stream; 0 where there is no such stream. */
size_t sluice_stream_size(const sluice_model_t *model, size_t block_size);

/* Makes a stream in memory that it allocates. */
sluice_status sluice_stream_create(const sluice_model_t *model, size_t block_size,
                                   sluice_stream_t **stream, sluice_error *error);
/* Makes a stream in the caller's memory, and allocates nothing. */
sluice_status sluice_stream_init(const sluice_model_t *model, size_t block_size, void *memory,
                                 size_t size, sluice_stream_t **stream, sluice_error *error);

/* Lets go of a stream; the caller's memory is the caller's again. NULL is ignored. */
void sluice_stream_destroy(sluice_stream_t *stream);

/* Returns to the model's initial state: the bits of a fresh stream. NULL is ignored. [real-time] */
void sluice_stream_reset(sluice_stream_t *stream);

/*
 * One time step: reads x[input_size], moves the state on, writes y[output_size]. x and y may be the
 * same memory, or overlap: all of x is read before y is written. [real-time]
 */
sluice_status sluice_step(sluice_stream_t *stream, const float *x, float *y);

/* One time step of a model that reads tokens. [real-time] */
sluice_status sluice_step_token(sluice_stream_t *stream, int32_t token, float *y);

/*
 * `steps` time steps, at least 1: reads x[steps][input_size], writes y[steps][output_size], or
 * y[output_size] where sluice_yields_last. x and y must not overlap. [real-time]
 */
sluice_status sluice_process(sluice_stream_t *stream, const float *x, size_t steps, float *y);

/* The same of a model that reads tokens. One token that the model lacks refuses all. [real-time] */
sluice_status sluice_process_tokens(sluice_stream_t *stream, const int32_t *tokens, size_t steps,
                                    float *y);

/*
 * Whether steps and blocks look at the state that they leave behind, and return SLUICE_NOT_FINITE where
 * it holds a NaN or an infinity: from one such input on, every later output of a recurrent network may be
 * one too. The step is done all the same; sluice_stream_reset or sluice_stream_restore mend the stream. An
 * input that is not finite, but leaves the state finite, is not reported: look at y. On by default; costs a
 * few nanoseconds. [real-time]
 */
void sluice_stream_check(sluice_stream_t *stream, bool on);

/*
 * STATES
 *
 * A state is what a stream remembers, as bytes: it can be kept, sent elsewhere and restored, on another
 * CPU too, into a stream of the same model with any block size. It carries the model's hash, a version and a
 * checksum of its own; what does not match is refused. It finds damage, not forgery. The same model is one of
 * the same bytes, as their hash says, opened once or several times: here and for sluice_stream_fork.
 */

/* Bytes of a saved state. [real-time] */
size_t sluice_state_size(const sluice_model_t *model);

/* Writes the state of a stream to sluice_state_size bytes, of any alignment; `size` is at least that many,
 * for sluice_stream_restore exactly. A state that is not finite is written too, for looking at:
 * sluice_stream_restore refuses it. [real-time] */
sluice_status sluice_stream_save(const sluice_stream_t *stream, void *state, size_t size);

/* Continues from a saved state, with the bits that the saved stream would give. [real-time] */
sluice_status sluice_stream_restore(sluice_stream_t *stream, const void *state, size_t size,
                                    sluice_error *error);

/* Makes `stream` continue from where `source` is, a stream of the same model, else SLUICE_INVALID_STATE.
 * [real-time] */
sluice_status sluice_stream_fork(sluice_stream_t *stream, const sluice_stream_t *source);

/*
 * Makes `to` continue from where `from` is, a stream of another model with the same sluice_model_topology, else
 * SLUICE_OTHER_TOPOLOGY: h, C and the pasts of convolutions, as floats. Weights that were trained further, or
 * stored as another type, take over a running sequence so, without a cold start. `from` goes on as it was.
 * [real-time]
 */
sluice_status sluice_stream_carry(const sluice_stream_t *from, sluice_stream_t *to);

/* Reads h of one layer, as it is after the last step. `count` is its hidden_state_size, as sluice_model_layer says,
 * else SLUICE_BAD_ARGUMENT. [real-time] */
sluice_status sluice_stream_read_hidden(const sluice_stream_t *stream, size_t layer, float *h, size_t count);
/* Reads C of one layer, [cell_state_size]; as sluice_stream_read_hidden. [real-time] */
sluice_status sluice_stream_read_cell(const sluice_stream_t *stream, size_t layer, float *c, size_t count);
/* Writes h of one layer, from which the next step starts; sizes as above. A NaN or an infinity is
 * SLUICE_INVALID_STATE, and nothing is written. [real-time] */
sluice_status sluice_stream_write_hidden(sluice_stream_t *stream, size_t layer, const float *h, size_t count);
/* Writes C of one layer, [cell_state_size]; as sluice_stream_write_hidden. [real-time] */
sluice_status sluice_stream_write_cell(sluice_stream_t *stream, size_t layer, const float *c, size_t count);

/*
 * BATCHES
 *
 * `count` independent sequences of one model, stepped in one call: each weight is read once for several of
 * them. Each has the bits that it would have in a stream of its own. Memory is as with streams, and so is
 * the greatest count. A batch does not look whether the states are finite, so that a step never returns
 * SLUICE_NOT_FINITE: a row of y that is not finite shows which stream to reset.
 */

/* Bytes of a batch; 0 where there is no such batch. */
size_t sluice_batch_size(const sluice_model_t *model, size_t count);

/* Makes a batch in memory that it allocates. */
sluice_status sluice_batch_create(const sluice_model_t *model, size_t count, sluice_batch_t **batch,
                                  sluice_error *error);
/* Makes a batch in the caller's memory, and allocates nothing. */
sluice_status sluice_batch_init(const sluice_model_t *model, size_t count, void *memory, size_t size,
                                sluice_batch_t **batch, sluice_error *error);

/* Lets go of a batch; the caller's memory is the caller's again. NULL is ignored. */
void sluice_batch_destroy(sluice_batch_t *batch);

/* Returns all streams of a batch to the initial state. NULL is ignored. [real-time] */
void sluice_batch_reset(sluice_batch_t *batch);

/* Returns one stream of a batch to the initial state. [real-time] */
sluice_status sluice_batch_reset_stream(sluice_batch_t *batch, size_t index);

/* Copies the state of a stream of the same model to stream `index` of a batch, which so moves into it. Of another
 * model: SLUICE_INVALID_STATE. [real-time] */
sluice_status sluice_batch_set_stream(sluice_batch_t *batch, size_t index, const sluice_stream_t *stream);
/* Copies the state of stream `index` of a batch to a stream of the same model, which so moves out of it. Of another
 * model: SLUICE_INVALID_STATE. [real-time] */
sluice_status sluice_batch_get_stream(const sluice_batch_t *batch, size_t index, sluice_stream_t *stream);

/* Bytes of all saved states of a batch: `count` of sluice_state_size, one after another, in the order of the
 * streams; each can be restored into a stream, too. 0 where that cannot be expressed. [real-time] */
size_t sluice_batch_state_size(const sluice_batch_t *batch);

/* Writes the states of all streams to sluice_batch_state_size bytes, of any alignment. [real-time] */
sluice_status sluice_batch_save(const sluice_batch_t *batch, void *states, size_t size);

/* Continues from saved states: all streams do, or none. error.offset counts from the start of all. [real-time] */
sluice_status sluice_batch_restore(sluice_batch_t *batch, const void *states, size_t size,
                                   sluice_error *error);

/*
 * One time step of all streams: reads x[count][input_size], writes y[count][output_size]. Where `active`,
 * [count], is not NULL, streams with false keep their state and their row of y; every byte but 0 is true.
 * x and y must not overlap. [real-time]
 */
sluice_status sluice_batch_step(sluice_batch_t *batch, const float *x, float *y, const bool *active);

/* The same of a model that reads tokens, [count] ids. One that the model lacks refuses all; ids of streams
 * that rest are not looked at. [real-time] */
sluice_status sluice_batch_step_tokens(sluice_batch_t *batch, const int32_t *tokens, float *y,
                                       const bool *active);

/*
 * WORKSPACES
 *
 * A workspace is the memory that a step, block or batch needs while it runs, and nothing that is remembered.
 * A stream or batch has its own, unless it is made with one that it shares: then it holds its states alone, of
 * many models a few kilobytes a stream. A daemon of many streams has one workspace for each model and thread:
 *
 *     sluice_workspace_create(model, 1, &workspace, &error);
 *     for (size_t i = 0; i < 200; i++) sluice_stream_create_shared(model, workspace, &streams[i], &error);
 *
 * All that share a workspace are stepped, made and destroyed by one thread at a time; between calls it may be
 * another thread. The bits are those of a stream with its own. A step that follows another stream's first
 * writes anew where the layers' vectors lie, some nanoseconds for each layer. `rows` is the block size of the
 * streams, and the most streams of a batch. The workspace stays until the last that shares it is destroyed;
 * its memory, where it is the caller's, must too.
 */

/* Bytes of a workspace; 0 where there is no such workspace. */
size_t sluice_workspace_size(const sluice_model_t *model, size_t rows);

/* Makes a workspace in memory that it allocates. */
sluice_status sluice_workspace_create(const sluice_model_t *model, size_t rows,
                                      sluice_workspace_t **workspace, sluice_error *error);
/* Makes a workspace in the caller's memory, 64-byte aligned, and allocates nothing. */
sluice_status sluice_workspace_init(const sluice_model_t *model, size_t rows, void *memory, size_t size,
                                    sluice_workspace_t **workspace, sluice_error *error);

/* Lets go of a workspace. NULL is ignored. */
void sluice_workspace_destroy(sluice_workspace_t *workspace);

/* Bytes of a stream that shares a workspace. */
size_t sluice_stream_size_shared(const sluice_model_t *model);

/* Makes a stream that shares a workspace of the same opened model: SLUICE_BAD_ARGUMENT where it is another's. */
sluice_status sluice_stream_create_shared(const sluice_model_t *model, sluice_workspace_t *workspace,
                                          sluice_stream_t **stream, sluice_error *error);
/* The same in the caller's memory; allocates nothing. */
sluice_status sluice_stream_init_shared(const sluice_model_t *model, sluice_workspace_t *workspace,
                                        void *memory, size_t size, sluice_stream_t **stream,
                                        sluice_error *error);

/* Bytes of a batch that shares a workspace; 0 where there is no such batch. */
size_t sluice_batch_size_shared(const sluice_model_t *model, size_t count);

/* Makes a batch of at most the workspace's rows that shares it; as for a stream. */
sluice_status sluice_batch_create_shared(const sluice_model_t *model, sluice_workspace_t *workspace,
                                         size_t count, sluice_batch_t **batch, sluice_error *error);
/* The same in the caller's memory; allocates nothing. */
sluice_status sluice_batch_init_shared(const sluice_model_t *model, sluice_workspace_t *workspace,
                                       size_t count, void *memory, size_t size, sluice_batch_t **batch,
                                       sluice_error *error);

/*
 * WATCHES
 *
 * What a stream is fed and how long it takes, counted for who wants to know: a stream that nobody watches takes not an
 * instruction more. A watch is of one model, and counts the steps of any of its streams that go through it; one
 * thread at a time. Only a model that reads floats, step by step, has one.
 */

/* Counts of one model's steps; only pointers to it are passed. */
typedef struct sluice_watch_s sluice_watch_t;

/* What a watch has counted. */
typedef struct sluice_watch_counts {
  /* sizeof(sluice_watch_counts), set by the caller, by which the library knows the fields that it knows. */
  size_t size;
  /* Steps. */
  uint64_t steps;
  /* Inputs whose range is known, and those outside it or NaN: the metadata's "calibrated_range", as `sluice convert
   * --calibrate` writes it. 0 of 0 where it is not known. */
  uint64_t inputs, inputs_outside;
  /* What layers of integer weights read at a scale that the blob stores, and what of that is cut off since it is beyond.
   * 0 of 0 where no scale is stored: each step then has its own. */
  uint64_t values, values_saturated;
  /* The longest time that was told, in nanoseconds, and how many of them lay from 2^i on and below 2^(i + 1), 0 with
   * those of 1. */
  uint64_t longest, latencies[64];
} sluice_watch_counts;

/* Makes a watch of a model, all counts 0; the model may be closed before it. */
sluice_status sluice_watch_create(const sluice_model_t *model, sluice_watch_t **watch, sluice_error *error);

/* Lets go of a watch; NULL is ignored. */
void sluice_watch_destroy(sluice_watch_t *watch);

/* sluice_step, counted: the same bits. SLUICE_BAD_ARGUMENT where the stream is of another model. [real-time] */
sluice_status sluice_watch_step(sluice_watch_t *watch, sluice_stream_t *stream, const float *x, float *y);

/* Tells how long something took. The clock is the caller's: the library looks at none. NULL is ignored. [real-time] */
void sluice_watch_latency(sluice_watch_t *watch, uint64_t nanoseconds);

/* Copies the counts to `counts`, whose size its caller has set. [real-time] */
sluice_status sluice_watch_read(const sluice_watch_t *watch, sluice_watch_counts *counts);

/* Makes all counts 0. NULL is ignored. [real-time] */
void sluice_watch_reset(sluice_watch_t *watch);

/*
 * VOICE ACTIVITY
 *
 * Where speech begins and ends in samples as they come: frames, the model, and the rules of Silero's
 * get_speech_timestamps. `sluice run` prints the same segments. For models whose metadata say that they are
 * for it, as `sluice convert` writes of Silero VAD: "task": "voice-activity", "sample_rate", "hop" and "context".
 * Others: SLUICE_NO_METADATA.
 *
 *     sluice_vad_event event = {.size = sizeof event};
 *     for (size_t at = 0, taken; at < count; at += taken) {
 *       if (sluice_vad_push_s16(vad, samples + at, count - at, &taken, &event)) ...
 *       if (event.what & SLUICE_VAD_SEGMENT) ... event.start, event.end
 *     }
 */

/* One signal in which speech is looked for; only pointers to it are passed. As a stream: one thread at a time. */
typedef struct sluice_vad_s sluice_vad_t;

/* For a duration of none, since 0 stands for the usual one. */
#define SLUICE_VAD_NONE (-1)

/* How probabilities become segments, all 0 but its size for the usual settings; durations are of at most an hour. */
typedef struct sluice_vad_options {
  /* sizeof(sluice_vad_options); as with sluice_options. */
  size_t size;
  /* Speech begins at this probability; 0 for 0.5. */
  float threshold;
  /* It ends below this one, at most the other; 0 for 0.15 less than that, but at least 0.01. */
  float neg_threshold;
  /* Segments of no more are dropped; 0 for 250. */
  int32_t min_speech_duration_ms;
  /* Silence of less ends no segment; 0 for 100. */
  int32_t min_silence_duration_ms;
  /* Put before and behind each segment; 0 for 30. */
  int32_t speech_pad_ms;
  /* 0. */
  int32_t reserved;
} sluice_vad_options;

/* What an event tells, a sum. */
/* A frame was complete: probability is of it. */
#define SLUICE_VAD_FRAME 1u
/* Speech goes on after it: known at once, also of speech that will turn out too short for a segment. */
#define SLUICE_VAD_SPEECH 2u
/* A segment is settled, some 100 ms behind its end: start and end are its. */
#define SLUICE_VAD_SEGMENT 4u

/* What a call found. */
typedef struct sluice_vad_event {
  /* sizeof(sluice_vad_event), set by the caller, by which the library knows the fields that it knows. */
  size_t size;
  /* SLUICE_VAD_*, combined with |; 0 for nothing. */
  uint32_t what;
  /* Of speech, 0 to 1, in the frame. */
  float probability;
  /* Samples since the beginning, the end not included. */
  uint64_t start, end;
} sluice_vad_event;

/* Bytes of a signal; 0 where the model is none for it. */
size_t sluice_vad_size(const sluice_model_t *model);

/* Begins a signal in memory that it allocates; NULL for the usual options. */
sluice_status sluice_vad_create(const sluice_model_t *model, const sluice_vad_options *options, sluice_vad_t **vad,
                                sluice_error *error);
/* Begins a signal in the caller's memory, sluice_vad_size bytes at a multiple of sluice_stream_alignment, and
 * allocates nothing. */
sluice_status sluice_vad_init(const sluice_model_t *model, const sluice_vad_options *options, void *memory,
                              size_t size, sluice_vad_t **vad, sluice_error *error);

/* Lets go of a signal; the caller's memory is the caller's again. NULL is ignored. */
void sluice_vad_destroy(sluice_vad_t *vad);

/* Samples a second that it expects. [real-time] */
size_t sluice_vad_sample_rate(const sluice_vad_t *vad);

/* Samples from a frame to the next: each completes one. [real-time] */
size_t sluice_vad_hop(const sluice_vad_t *vad);

/*
 * Takes samples from -1 to 1 until one completes a frame, or all of them: *taken says how many, `event` what was found.
 * Any count will do. The model may give numbers that are not finite, for samples far beyond -1 to 1 or such
 * ones: SLUICE_NOT_FINITE, the samples are taken, and each later frame is the same until sluice_vad_reset. [real-time]
 */
sluice_status sluice_vad_push_f32(sluice_vad_t *vad, const float *samples, size_t count, size_t *taken,
                                  sluice_vad_event *event);
/* The same of 16-bit samples, of which 32768 stands for 1. [real-time] */
sluice_status sluice_vad_push_s16(sluice_vad_t *vad, const int16_t *samples, size_t count, size_t *taken,
                                  sluice_vad_event *event);

/* Ends the signal: fills the last frame up with silence, and tells what is left, an event a call, until
 * event.what is 0. [real-time] */
sluice_status sluice_vad_flush(sluice_vad_t *vad, sluice_vad_event *event);

/* Begins anew, with another signal. NULL is ignored. [real-time] */
void sluice_vad_reset(sluice_vad_t *vad);

/* Makes `to` continue from where `from` is, in the middle of a frame, a word or a silence, with its own weights and options:
 * as sluice_stream_carry. SLUICE_OTHER_TOPOLOGY where the models have other frames or compute differently. [real-time] */
sluice_status sluice_vad_carry(const sluice_vad_t *from, sluice_vad_t *to);

#ifdef __cplusplus
}
#endif

#endif
