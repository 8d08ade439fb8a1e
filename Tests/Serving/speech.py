"""The same speech through the tool and the daemon: probabilities to the bit, and the same segments.

speech.py DAEMON TOOL SILERO.sluice WAV FOLDER      16 kHz, 16 bits, one channel, a header of 44 bytes
"""

import array
import json
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/python/serving"))
from segments import Segments  # noqa: E402
from sluiced import Connection  # noqa: E402

daemon, tool, model, wav, folder = sys.argv[1:]
process = subprocess.Popen([daemon, "--socket", f"{folder}/speech", "--streams", "200", "--retain", "0", f"vad={model}"], stderr=subprocess.DEVNULL)
try:
    while not os.path.exists(f"{folder}/speech"):
        assert process.poll() is None, "the daemon has ended"
        time.sleep(0.01)
    connection = Connection(f"{folder}/speech")
    streams = [connection.open("vad") for _ in range(200)]
    with open(wav, "rb") as file:
        samples = array.array("f", (sample / 32768 for sample in array.array("h", file.read()[44:])))
    hop, inputs = 512, streams[0].inputs
    rule, found, frame = Segments(16000, hop), [], array.array("f", bytes(4 * inputs))
    for at in range(0, len(samples), hop):
        new = samples[at : at + hop]
        frame = frame[hop:] + new + array.array("f", bytes(4 * (hop - len(new))))
        segment = rule.append(streams[0].step(frame)[0])
        found += [segment] if segment else []
    found += rule.finish(len(samples))
    lines = subprocess.run([tool, "run", model, "--wav", wav, "--json"], capture_output=True, check=True, text=True).stdout.splitlines()
    expected = [(line["start"], line["end"]) for line in map(json.loads, lines) if "start" in line]
    assert expected and found == expected, (found, expected)
    for stream in streams:
        stream.step(frame)
    with open(f"/proc/{process.pid}/status") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    print(f"  speech: the {len(found)} segments of sluice run; 200 streams in {memory} kB")
finally:
    process.terminate()
    process.wait()
