"""Drives the example daemon through two reloads under traffic, and judges its answers.

drive_daemon.py DAEMON FIRST.sluice SECOND.sluice OTHER.sluice INPUTS OUTPUTS

SECOND has FIRST's topology, OTHER has not. Three clients send the same rows: the first two through a reload of SECOND
after half of them, the third begins with SECOND, cold, at that place. Prints how far both are from a run without reload.
"""
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

daemon, first, second, other, inputs, outputs = sys.argv[1:5] + [int(n) for n in sys.argv[5:7]]
STEPS, RELOAD, WATCHED = 60, 30, 8


def rows():
    state = 7
    for _ in range(STEPS):
        row = []
        for _ in range(inputs):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            row.append((state >> 40) / 2**23 - 1)
        yield row


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        while True:
            try:
                self.socket.connect(path)
                return
            except (FileNotFoundError, ConnectionRefusedError):
                pass

    def step(self, row):
        data = struct.pack(f"<{inputs}f", *row)
        # In two parts: a row need not come whole.
        self.socket.sendall(data[:3])
        self.socket.sendall(data[3:])
        answer = b""
        while len(answer) < 4 * outputs:
            more = self.socket.recv(4 * outputs - len(answer))
            if not more:
                raise SystemExit("the daemon hung up")
            answer += more
        return struct.unpack(f"<{outputs}f", answer)


def put(source, target):
    shutil.copy(source, target + ".new")
    os.rename(target + ".new", target)


with tempfile.TemporaryDirectory() as folder:
    model, path = folder + "/model.sluice", folder + "/socket"
    put(first, model)
    process = subprocess.Popen([daemon, model, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def reload(source, expected):
        put(source, model)
        process.send_signal(signal.SIGHUP)
        said = process.stdout.readline().strip()
        if said != expected:
            raise SystemExit(f"said '{said}', expected '{expected}'")

    try:
        sequence = list(rows())
        client = Client(path)
        whole = [client.step(row) for row in sequence]
        clients = [Client(path), Client(path)]
        carried = []
        for t, row in enumerate(sequence):
            if t == RELOAD:
                reload(other, "kept the old model: " + "The models differ in more than their numbers: no state can be carried")
                reload(second, "carried 3 streams")
                clients.append(Client(path))
            answers = [each.step(row) for each in clients]
            if answers[0] != answers[1]:
                raise SystemExit("two clients that sent the same got two answers")
            carried.append(answers[0])
            if t >= RELOAD:
                whole[t] = (whole[t], answers[2])
        def distance(pick):
            return sum((a - b) ** 2 for t in range(RELOAD, RELOAD + WATCHED) for a, b in zip(whole[t][0], pick(t))) ** 0.5
        warm, cold = distance(lambda t: carried[t]), distance(lambda t: whole[t][1])
        print(f"daemon: carried through two reloads; transient of {WATCHED} steps {warm:.2g}, cold {cold:.2g}")
        if carried[:RELOAD] != whole[:RELOAD] or not warm < cold / 2:
            raise SystemExit("the carried streams are no better than cold ones")
        process.send_signal(signal.SIGTERM)
        if process.wait(20) != 0 or os.path.exists(path):
            raise SystemExit("the daemon did not end as it should")
    finally:
        process.kill()
