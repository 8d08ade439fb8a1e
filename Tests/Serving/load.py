"""More than a thread can do: what is promised is kept, the rest is refused by name. Prints what a client sees.

load.py DAEMON MODEL.sluice FOLDER [SECONDS]

Streams of one row each 32 ms, as speech has them, are opened until the daemon is overloaded; then they run at their rate, in
messages of 32, beside a client without a promise that sends as fast as it can.
"""

import array
import os
import select
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/python/serving"))
from sluiced import ENTRY, Connection, Refused  # noqa: E402

PERIOD, DEADLINE, GROUP = 0.032, 0.032, 32
daemon, model, folder, *rest = sys.argv[1:]
seconds = float(rest[0]) if rest else 4
process = subprocess.Popen([daemon, "--socket", f"{folder}/load", "--streams", "4096", "--load", "60", f"m={model}"], stderr=subprocess.DEVNULL)
flood = {"done": 0, "overloaded": 0}
ending = threading.Event()


def flooding() -> None:
    connection = Connection(f"{folder}/load")
    streams = [connection.open("m") for _ in range(GROUP)]
    x = array.array("f", bytes(4 * streams[0].inputs * GROUP)).tobytes()
    while not ending.is_set():
        try:
            connection.step(streams, x)
            flood["done"] += GROUP
        except Refused as error:
            assert error.outcome == "overloaded", error.outcome
            for stream, entry in zip(streams, error.entries):
                stream.sequence = entry[2]
                flood["done" if entry[1] == 0 else "overloaded"] += 1


try:
    while not os.path.exists(f"{folder}/load"):
        assert process.poll() is None, "the daemon has ended"
        time.sleep(0.01)
    groups, outcome = [], ""
    while not outcome:
        groups.append((Connection(f"{folder}/load"), []))
        try:
            while len(groups[-1][1]) < GROUP:
                groups[-1][1].append(groups[-1][0].open("m", period=PERIOD, deadline=DEADLINE))
        except Refused as error:
            outcome = error.outcome
    connection = groups[0][0]
    count = sum(len(streams) for _, streams in groups)
    assert outcome == "overloaded", f"after {count} streams: {outcome}"
    groups = [group for group in groups if group[1]]
    x = array.array("f", bytes(4 * groups[0][1][0].inputs * GROUP)).tobytes()
    thread = threading.Thread(target=flooding, daemon=True)
    thread.start()
    took, late, waiting = [], 0, {}
    start = time.monotonic() + 0.1
    # Spread over the period, as callers are; each sends when its time has come, and the replies are read as they come.
    due = [(start + PERIOD * (tick + number / len(groups)), number) for tick in range(int(seconds / PERIOD)) for number in range(len(groups))]
    while due or waiting:
        now = time.monotonic()
        if due and now >= due[0][0] and groups[due[0][1]][0] not in waiting:
            when, number = due.pop(0)
            mine, streams = groups[number]
            late += now > when + PERIOD / 4
            waiting[mine] = (now, streams)
            entries = b"".join(ENTRY.pack(stream.handle, 0, stream.sequence) for stream in streams)
            mine.send("step", entries + x[: 4 * streams[0].inputs * len(streams)], len(streams), 1)
            continue
        left = max(due[0][0] - now, 0) if due else 1
        ready, _, _ = select.select([mine.socket for mine in waiting], [], [], max(left, 0.0001))
        for mine in [mine for mine in waiting if mine.socket in ready]:
            sent, streams = waiting.pop(mine)
            outcome_now, _, _, _, body = mine.receive()
            took.append(time.monotonic() - sent)
            assert outcome_now == "done", f"a stream that keeps its promise: {outcome_now}"
            for index, stream in enumerate(streams):
                stream.sequence = ENTRY.unpack_from(body, index * ENTRY.size)[2]
    ending.set()
    thread.join(10)
    took.sort()
    p50, p99, p999 = (took[int(len(took) * share)] * 1e3 for share in (0.5, 0.99, 0.999))
    misses = connection.stats()["deadline_misses"]
    print(f"  {count} streams each {PERIOD * 1e3:.0f} ms, the next is {outcome}; beside them {flood['done']} frames without a promise, {flood['overloaded']} overloaded")
    print(f"  {len(took)} requests of {GROUP}: p50 {p50:.2f}, p99 {p99:.2f}, p99.9 {p999:.2f}, max {took[-1] * 1e3:.2f} ms; {misses} after {DEADLINE * 1e3:.0f} ms; {late} sent late by this client")
finally:
    process.terminate()
    process.wait()
