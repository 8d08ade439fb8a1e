"""A bridge for voice servers: voice activity over the Wyoming protocol, by a model of Silero VAD that sluiced serves.

    sluiced --socket /run/user/1000/sluice vad=silero.sluice &
    python tools/python/serving/wyoming_vad.py /run/user/1000/sluice vad tcp://127.0.0.1:10400

Events in: audio-start, audio-chunk (16 kHz, 16 bits, one channel), audio-stop, describe, ping. Events out:
voice-started and voice-stopped with milliseconds from audio-start, info, pong. Python's standard library alone.
"""

import array
import asyncio
import json
import sys
from urllib.parse import urlsplit

from segments import Segments
from sluiced import Connection

RATE, HOP, MOST = 16000, 512, 1 << 20


async def receive(reader: asyncio.StreamReader) -> tuple[str, dict, bytes] | None:
    """The next event: type, data and payload; None at the end."""
    line = await reader.readline()
    if not line:
        return None
    head = json.loads(line)
    sizes = int(head.get("data_length") or 0), int(head.get("payload_length") or 0)
    if min(sizes) < 0 or max(sizes) > MOST:
        raise ValueError(f"an event of {max(sizes)} bytes")
    data = dict(head.get("data") or {})
    if sizes[0]:
        data.update(json.loads(await reader.readexactly(sizes[0])))
    return head["type"], data, await reader.readexactly(sizes[1])


def send(writer: asyncio.StreamWriter, kind: str, data: dict) -> None:
    writer.write(json.dumps({"type": kind, "data": data}).encode() + b"\n")


class Speech:
    """One recording: frames of it through a stream of the daemon."""

    def __init__(self, stream, writer: asyncio.StreamWriter):
        self.stream, self.writer = stream, writer
        stream.reset()
        self.frame = array.array("f", bytes(4 * stream.inputs))
        self.samples = array.array("h")
        self.segments, self.speaking = Segments(RATE, HOP), False

    def append(self, payload: bytes) -> None:
        self.samples.frombytes(payload[: len(payload) // 2 * 2])
        while len(self.samples) >= HOP:
            new = array.array("f", (sample / 32768 for sample in self.samples[:HOP]))
            del self.samples[:HOP]
            self.frame = self.frame[HOP:] + new
            self.segments.append(self.stream.step(self.frame)[0])
            if (self.segments.start is not None) != self.speaking:
                self.tell()

    def tell(self) -> None:
        self.speaking = not self.speaking
        send(self.writer, "voice-started" if self.speaking else "voice-stopped", {"timestamp": self.segments.frames * HOP * 1000 // RATE})


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection, speech = Connection(sys.argv[1]), None
    try:
        stream = connection.open(sys.argv[2])
        while event := await receive(reader):
            kind, data, payload = event
            if kind == "audio-start" and (data.get("rate"), data.get("width"), data.get("channels")) != (RATE, 2, 1):
                send(writer, "error", {"text": "expected 16 kHz, 16 bits, one channel"})
            elif kind == "audio-start":
                speech = Speech(stream, writer)
            elif kind == "audio-chunk" and speech:
                speech.append(payload)
            elif kind == "audio-stop" and speech:
                if speech.speaking:
                    speech.tell()
            elif kind == "describe":
                send(writer, "info", {name: [] for name in ("asr", "tts", "handle", "intent", "wake", "mic", "snd")})
            elif kind == "ping":
                send(writer, "pong", data)
            await writer.drain()
    except (ValueError, KeyError, OSError, asyncio.IncompleteReadError) as error:
        print(f"a client was let go: {error}", file=sys.stderr)
    finally:
        connection.close()
        writer.close()


async def main() -> None:
    place = urlsplit(sys.argv[3])
    async with await asyncio.start_server(serve, place.hostname, place.port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
