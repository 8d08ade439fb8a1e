"""A client of the daemon in Python's standard library alone: the protocol, a call a message.

    connection = Connection("/run/sluice/socket")
    stream = connection.open("vad", name="caller-7")
    probability = stream.step(frame)           # a sequence of floats, or of ids where stream.reads_tokens

Each call raises Refused where the daemon refuses it, with its outcome by name. The page Protocol of SluiceServing
is the specification.
"""

import array
import itertools
import socket
import struct

MAGIC = 0x31474D53
KINDS = {name: number for number, name in enumerate("open step reset carry save restore close list stats".split(), 1)}
OUTCOMES = (
    "done malformed unknown_kind unknown_model unknown_stream busy full overloaded other_sequence wrong_size"
    " bad_token not_finite bad_state other_topology too_large not_allowed"
).split()
HEAD = struct.Struct("<IHHIIQII")
ENTRY = struct.Struct("<IIQ")
OPEN = struct.Struct("<IIII64s64s")
OPENED = struct.Struct("<IIQQQIIIII12x")
LISTED = struct.Struct("<IIQI12x64s64s")
STATS = struct.Struct("<8Q")
NONE = 2**64 - 1


class Refused(Exception):
    """The daemon's answer to a request that it did not take; `outcome` is its name."""

    def __init__(self, outcome: str, entries: list = ()):
        super().__init__(outcome)
        self.outcome = outcome
        self.entries = entries


class Connection:
    """A connection to the daemon's socket; a path, or with @ an abstract name."""

    def __init__(self, path: str, timeout: float | None = 10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout)
        self.socket.connect("\0" + path[1:] if path.startswith("@") else path)
        self.tags = itertools.count(1)

    def close(self) -> None:
        self.socket.close()

    def send(self, kind: str, body: bytes = b"", streams: int = 0, rows: int = 0) -> int:
        """Sends a request and returns its tag."""
        tag = next(self.tags)
        self.socket.send(HEAD.pack(MAGIC, KINDS[kind], 0, streams, rows, tag, HEAD.size + len(body), 0) + body)
        return tag

    def receive(self) -> tuple[str, int, int, int, bytes]:
        """The next reply: its outcome, streams, rows, tag, and what is behind the head."""
        reply = self.socket.recv(196608)
        if not reply:
            raise ConnectionError("the daemon has closed the connection")
        magic, _, status, streams, rows, tag, count, _ = HEAD.unpack_from(reply)
        if magic != MAGIC or count != len(reply):
            raise ConnectionError("no message of this protocol")
        return OUTCOMES[status], streams, rows, tag, reply[HEAD.size :]

    def call(self, kind: str, body: bytes = b"", streams: int = 0, rows: int = 0) -> tuple[int, int, bytes]:
        """Sends a request and waits for its reply: streams, rows, and what is behind the head."""
        tag = self.send(kind, body, streams, rows)
        outcome, streams, rows, answered, body = self.receive()
        if answered != tag and outcome == "done":
            raise ConnectionError("a reply to another request")
        if outcome != "done":
            raise Refused(outcome, [ENTRY.unpack_from(body, at * ENTRY.size) for at in range(streams)])
        return streams, rows, body

    def open(self, model: str = "", name: str = "", period: float = 0, deadline: float = 0, rows: int = 1) -> "Stream":
        """Opens a stream, or goes on with the one of that name. Times are seconds: what is promised, what is asked."""
        request = OPEN.pack(round(period * 1e6), round(deadline * 1e6), rows, 0, model.encode(), name.encode())
        return Stream(self, *OPENED.unpack(self.call("open", request)[2]))

    def step(self, streams: list["Stream"], x, rows: int = 1) -> array.array:
        """`rows` steps of each of several streams of one model in one message: x, `[streams, rows, inputs]`, gives
        y, `[streams, rows, outputs]`."""
        values = x if isinstance(x, (bytes, bytearray)) else array.array("i" if streams[0].reads_tokens else "f", x).tobytes()
        entries = b"".join(ENTRY.pack(stream.handle, 0, stream.sequence) for stream in streams)
        _, _, body = self.call("step", entries + values, len(streams), rows)
        for index, stream in enumerate(streams):
            stream.sequence = ENTRY.unpack_from(body, index * ENTRY.size)[2]
        return array.array("f", body[len(streams) * ENTRY.size :])

    def list(self) -> list[tuple]:
        """Streams: handle, whether a connection has it open, sequence, user, model, name."""
        found = []
        while True:
            _, count, body = self.call("list", rows=len(found))
            for at in range(count):
                row = LISTED.unpack_from(body, at * LISTED.size)
                found.append(row[:4] + tuple(text.rstrip(b"\0").decode() for text in row[4:]))
            if count < (196608 - HEAD.size) // LISTED.size:
                return found

    def stats(self) -> dict[str, int]:
        names = "requests steps refusals deadline_misses reloads open_streams connections up_nanoseconds".split()
        return dict(zip(names, STATS.unpack(self.call("stats")[2])))


class Stream:
    """One stream; `sequence` is the number of steps that it has taken."""

    def __init__(self, connection, handle, resumed, sequence, previous, model_hash, inputs, outputs, reads_tokens, state_bytes, generation):
        self.connection, self.handle = connection, handle
        self.resumed, self.sequence = bool(resumed), sequence
        self.previous = None if previous == NONE else previous
        self.model_hash, self.inputs, self.outputs = model_hash, inputs, outputs
        self.reads_tokens, self.state_bytes, self.generation = bool(reads_tokens), state_bytes, generation

    def step(self, x, rows: int = 1) -> array.array:
        return self.connection.step([self], x, rows)

    def call(self, kind: str, body: bytes = b"", others: tuple = ()) -> bytes:
        streams = (self, *others)
        entries = b"".join(ENTRY.pack(stream.handle, 0, stream.sequence) for stream in streams)
        _, _, reply = self.connection.call(kind, entries + body, len(streams))
        self.sequence = ENTRY.unpack_from(reply)[2]
        return reply[len(streams) * ENTRY.size :]

    def reset(self) -> None:
        self.call("reset")

    def save(self) -> bytes:
        return self.call("save")

    def restore(self, state: bytes, sequence: int = 0) -> None:
        self.sequence = sequence
        self.call("restore", state)

    def carry(self, source: "Stream") -> None:
        """Goes on from where another stream of this connection is, of this model or one of its topology."""
        self.call("carry", others=(source,))

    def close(self) -> None:
        self.call("close")
