#pragma once
#include <stdint.h>

/// Messages between a client and the daemon: little-endian, one to a packet. Each request has one reply, which
/// begins as the request does. The page Protocol of SluiceServing tells what each holds.

enum {
  /// "SMG1": protocol and version.
  sluice_message_magic = 0x31474D53,
  /// Set in the kind of every reply.
  sluice_is_reply = 0x8000,
  /// Bytes of a name of a model or stream, filled up with NUL.
  sluice_name_size = 64,
  /// Streams of one message.
  sluice_most_entries = 256,
  /// Bytes of a message.
  sluice_most_bytes = 196608,
};

/// What a message asks for.
enum sluice_kind {
  sluice_kind_open = 1,
  sluice_kind_step = 2,
  sluice_kind_reset = 3,
  sluice_kind_carry = 4,
  sluice_kind_save = 5,
  sluice_kind_restore = 6,
  sluice_kind_close = 7,
  sluice_kind_list = 8,
  sluice_kind_stats = 9,
};

/// How it went: of a message, or of one of its streams.
enum sluice_outcome {
  sluice_done = 0,
  sluice_malformed = 1,
  sluice_unknown_kind = 2,
  sluice_unknown_model = 3,
  sluice_unknown_stream = 4,
  sluice_busy = 5,
  sluice_full = 6,
  sluice_overloaded = 7,
  sluice_other_sequence = 8,
  sluice_wrong_size = 9,
  sluice_bad_token = 10,
  sluice_left_finite = 11,
  sluice_bad_state = 12,
  sluice_topology_differs = 13,
  sluice_too_large = 14,
  sluice_not_allowed = 15,
  sluice_outcome_count = 16,
};

/// The start of every message: 32 bytes.
typedef struct {
  uint32_t magic;
  uint16_t kind;
  /// sluice_outcome of a reply, 0 in a request.
  uint16_t status;
  /// N: entries behind the head.
  uint32_t streams;
  /// B: rows of each stream; of `list` the first of all streams that is told.
  uint32_t rows;
  /// The client's own, returned as it is.
  uint64_t tag;
  /// Of the whole message.
  uint32_t byte_count;
  uint32_t reserved;
} sluice_head;

/// One of the streams that a message is about: 16 bytes.
typedef struct {
  uint32_t stream;
  /// sluice_outcome of a reply, 0 in a request.
  uint32_t status;
  /// Steps that the stream has taken: before the request, and after it in the reply.
  uint64_t sequence;
} sluice_entry;

/// What `open` asks for: 144 bytes behind the head.
typedef struct {
  /// Microseconds from one request to the next, 0 for no promise; and those that a request may wait, 0 for any.
  uint32_t period, deadline;
  /// Rows of each of these requests.
  uint32_t rows;
  uint32_t reserved;
  uint8_t model[sluice_name_size];
  /// Empty for a stream that ends with its connection.
  uint8_t name[sluice_name_size];
} sluice_open_request;

/// What `open` is answered with: 64 bytes behind the head.
typedef struct {
  uint32_t stream;
  /// 1 where a stream of that name went on.
  uint32_t resumed;
  uint64_t sequence;
  /// The steps before the last request, from where it can be taken again; 2^64 - 1 for nowhere.
  uint64_t previous;
  uint64_t model_hash;
  /// Floats, or with `reads_tokens` ids of 32 bits, of a row; floats of an output's row.
  uint32_t inputs, outputs, reads_tokens;
  /// Bytes of a saved state.
  uint32_t state_bytes;
  /// Steps that a reload took effect: the model's number, from 1.
  uint32_t generation;
  uint32_t reserved[3];
} sluice_open_reply;

/// A stream as `list` tells it: 160 bytes.
typedef struct {
  uint32_t stream;
  /// 1 where a connection has it open.
  uint32_t is_open;
  uint64_t sequence;
  uint32_t user;
  uint32_t reserved[3];
  uint8_t model[sluice_name_size];
  uint8_t name[sluice_name_size];
} sluice_listed;

/// What `stats` is answered with: 64 bytes behind the head, of all threads.
typedef struct {
  uint64_t requests, steps, refusals, deadline_misses, reloads, open_streams, connections, up_nanoseconds;
} sluice_stats;
