"""What the daemon promises, against the program itself: run by tools/check-serving.

    check.py DAEMON TOOL FOLDER RELOADS      FOLDER holds one.sluice and two.sluice, the same weights in other bytes,
                                             other.sluice, of another topology, and x.npy; models lie there too
"""

import os
import random
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tools/python/serving"), os.path.dirname(os.path.abspath(__file__))]
from manager import Manager, until  # noqa: E402
from sluiced import Connection, Refused  # noqa: E402

DAEMON, TOOL, FOLDER, RELOADS = *(os.path.abspath(word) for word in sys.argv[1:4]), int(sys.argv[4])
INPUTS = 3
STREAMS = 64
# What a check that fails leaves behind.
STARTED: list = []


def row(stream: int, step: int) -> list[float]:
    """x of a stream at a step: the same in every run."""
    return [random.Random(1000003 * stream + 31 * step + unit).uniform(-1, 1) for unit in range(INPUTS)]


def place(name: str) -> None:
    """Puts a file in the place of the model that runs, as an administrator does: by rename."""
    shutil.copy(f"{FOLDER}/{name}", f"{FOLDER}/run/.new")
    os.rename(f"{FOLDER}/run/.new", f"{FOLDER}/run/m.sluice")


def refused(outcome: str, call) -> None:
    try:
        call()
    except Refused as error:
        assert error.outcome == outcome, f"{error.outcome}, not {outcome}"
    else:
        raise AssertionError(f"taken, not {outcome}")


def metrics(path: str) -> dict[str, float]:
    text = subprocess.run(["curl", "-sf", "--unix-socket", path, "http://localhost/metrics"], check=True, capture_output=True, text=True).stdout
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}


class Fleet(threading.Thread):
    """Streams of one connection that step together, and come back by their names where the daemon is gone."""

    def __init__(self, path: str, numbers: range, steps: int, name: str = "fleet"):
        super().__init__(daemon=True)
        self.path, self.numbers, self.steps, self.prefix = path, numbers, steps, name
        self.outputs: dict[int, list[bytes]] = {number: [] for number in numbers}
        self.resumed = 0
        self.failure: BaseException | None = None

    def connect(self) -> None:
        while True:
            try:
                self.connection = Connection(self.path, timeout=30)
                self.streams = [self.connection.open("m", name=f"{self.prefix}-{number}") for number in self.numbers]
                break
            except (OSError, ConnectionError):
                time.sleep(0.01)
            except Refused as error:
                # The daemon has not yet seen that the old connection is gone.
                if error.outcome != "busy":
                    raise
                self.connection.close()
                time.sleep(0.01)
        self.resumed += sum(stream.resumed for stream in self.streams)

    def run(self) -> None:
        try:
            self.connect()
            step = 0
            while step < self.steps:
                for stream in self.streams:
                    # Of a step whose reply was lost the daemon knows, or not: it is taken again.
                    assert step in (stream.sequence, stream.previous), f"step {step}, the stream is at {stream.sequence}"
                    stream.sequence = step
                try:
                    y = self.connection.step(self.streams, [value for number in self.numbers for value in row(number, step)])
                except (OSError, ConnectionError):
                    self.connect()
                    continue
                size = len(y) // len(self.streams)
                for index, number in enumerate(self.numbers):
                    self.outputs[number].append(y[index * size : (index + 1) * size].tobytes())
                step += 1
        except BaseException as error:  # told by `finish`
            self.failure = error

    def finish(self) -> None:
        self.join(timeout=300)
        assert not self.is_alive(), "a fleet does not end"
        if self.failure:
            raise self.failure


def expected(steps: int) -> list[list[bytes]]:
    """What `sluice run` gives of every stream."""
    data = b"".join(struct.pack("<3f", *row(number, step)) for number in range(STREAMS) for step in range(steps))
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({STREAMS}, {steps}, {INPUTS}), }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    with open(f"{FOLDER}/x.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)
    subprocess.run([TOOL, "run", f"{FOLDER}/one.sluice", "--input", f"{FOLDER}/x.npy", "--output", f"{FOLDER}/y.npy", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    with open(f"{FOLDER}/y.npy", "rb") as file:
        content = file.read()
    body = content[10 + struct.unpack_from("<H", content, 8)[0] :]
    size = len(body) // (STREAMS * steps)
    rows = [body[at : at + size] for at in range(0, len(body), size)]
    return [rows[number * steps : (number + 1) * steps] for number in range(STREAMS)]


def fleets(path: str, steps: int, name: str) -> list[Fleet]:
    made = [Fleet(path, range(at, at + STREAMS // 4), steps, name) for at in range(0, STREAMS, STREAMS // 4)]
    for fleet in made:
        fleet.start()
    return made


def compare(made: list[Fleet], steps: int, what: str) -> None:
    for fleet in made:
        fleet.finish()
    for number, outputs in enumerate(expected(steps)):
        found = next(fleet.outputs[number] for fleet in made if number in fleet.outputs)
        assert found == outputs, f"{what}: stream {number} differs from sluice run"
    print(f"  {what}: {STREAMS} streams of {steps} steps, to the bit", flush=True)


def new(arguments=(), **more) -> Manager:
    shutil.rmtree(f"{FOLDER}/run", ignore_errors=True)
    os.mkdir(f"{FOLDER}/run")
    place("one.sluice")
    manager = Manager([DAEMON, *arguments, f"{FOLDER}/run/m.sluice"], f"{FOLDER}/run", **more)
    STARTED.append(manager)
    assert manager.ready.wait(20), manager.log()
    return manager


def reloads_under_load() -> None:
    """Reloads while all streams step: nothing is lost, and no answer differs."""
    steps = max(200, RELOADS // 4)
    manager = new(abstract=True, watchdog=400_000)
    made = fleets(manager.path, steps, "reload")
    control = Connection(manager.path)
    started = time.monotonic()
    for count in range(1, RELOADS + 1):
        place(("one.sluice", "two.sluice")[count % 2])
        until(f"reload {count}", lambda: control.stats()["reloads"] >= count)
    print(f"  {RELOADS} reloads under load: {(time.monotonic() - started) / RELOADS * 1e3:.1f} ms each, by inotify")
    manager.process.send_signal(signal.SIGHUP)
    compare(made, steps, "reloads under load")
    assert len(manager.said("RELOADING")) >= RELOADS and all(text.isdigit() for text in manager.said("MONOTONIC_USEC"))
    until("a watchdog's ping", lambda: manager.said("WATCHDOG"))
    # Files that cannot take over change nothing.
    stream = control.open("m")
    before = [bytes(stream.step(row(0, step))) for step in range(3)]
    for bad in ("garbage", "other.sluice", "empty"):
        count = metrics(manager.metrics)['sluice_reloads_refused_total{model="m"}']
        place(bad)
        until(f"a refusal of {bad}", lambda: metrics(manager.metrics)['sluice_reloads_refused_total{model="m"}'] > count)
    stream.reset()
    assert [bytes(stream.step(row(0, step))) for step in range(3)] == before, "after a bad file"
    assert "is kept" in manager.log() and "<3>" in manager.log()
    print("  garbage, an empty file, another topology: refused, the model that runs is kept")
    assert manager.stop() == 0 and manager.said("STOPPING") == ["1"]


def killed_under_load(kills: int) -> None:
    """kill -9 while all streams step: each goes on at its last acknowledged step."""
    steps = 400 * kills
    manager = new(["--threads", "2"])
    made = fleets(manager.path, steps, "killed")
    for count in range(kills):
        until("steps", lambda: min(len(outputs) for fleet in made for outputs in fleet.outputs.values()) > 300 * count + 20, 120)
        manager.ready.clear()
        manager.process.kill()
        until("a restart", manager.ready.is_set)
    compare(made, steps, f"kill -9, {kills} times")
    resumed = sum(fleet.resumed for fleet in made)
    assert resumed >= STREAMS * kills, f"{resumed} streams went on"
    assert manager.starts == kills + 1 and manager.stop() == 0


def disturbers() -> None:
    """Clients that misbehave, beside ones that do not."""
    steps = 300
    manager = new(["--streams", "80", "--connections", "24"])
    made = fleets(manager.path, steps, "calm")
    # Malformed packets; those with a good head and wrong contents come from changing good ones.
    noise = random.Random(7)
    sender = Connection(manager.path)
    good = []
    probe = sender.open("m")
    keep = sender.socket.send
    for _ in range(2000):
        size = noise.choice([0, 1, 31, 32, 33, 48, 176, 1000])
        packet = bytearray(noise.randbytes(size))
        if noise.random() < 0.8 and size >= 32:
            struct.pack_into("<IHHIIQII", packet, 0, 0x31474D53, noise.randrange(12), 0, noise.choice([0, 1, 2, 300, 2**32 - 1]), noise.choice([0, 1, 2**31]), 1, size, 0)
        if not packet:
            continue
        keep(bytes(packet))
        assert sender.socket.recv(196608), "a reply to each"
    probe.step(row(0, 0))
    good.append(probe)
    # More than a message has.
    sender.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    keep(bytes(200_000))
    assert struct.unpack_from("<IHH", sender.socket.recv(196608))[2] == 14
    # Files that nobody asked for are closed.
    before = len(os.listdir(f"/proc/{manager.process.pid}/fd"))
    for _ in range(50):
        socket.send_fds(sender.socket, [b"x"], [0, 1, 2])
        sender.socket.recv(196608)
    assert len(os.listdir(f"/proc/{manager.process.pid}/fd")) <= before, "files stay open"
    # Dies between its request and the reply.
    for _ in range(50):
        dying = Connection(manager.path)
        stream = dying.open("m")
        dying.send("step", struct.pack("<IIQ3f", stream.handle, 0, 0, *row(0, 0)), 1, 1)
        dying.close()
    # Sends, and never reads.
    deaf = Connection(manager.path, timeout=2)
    stream = deaf.open("m")
    sent = 0
    try:
        while sent < 100_000:
            deaf.send("save", struct.pack("<IIQ", stream.handle, 0, 0), 1)
            sent += 1
    except OSError:
        pass
    assert sent < 100_000, "a connection that does not read is closed"
    assert metrics(manager.metrics)["sluice_unread_connections_total"] >= 1
    # Full: of streams, and of connections.
    more = []
    try:
        while True:
            more.append(sender.open("m"))
    except Refused as error:
        assert error.outcome == "full", error.outcome
    assert len(more) < 17
    others = []
    try:
        for _ in range(40):
            others.append(Connection(manager.path))
            others[-1].stats()
    except (Refused, ConnectionError, OSError) as error:
        assert getattr(error, "outcome", "full") == "full", error
    assert len(others) < 25
    for connection in (*others, sender):
        connection.close()
    compare(made, steps, "beside malformed packets, files, the dead, the deaf and the full")
    assert manager.starts == 1 and manager.stop() == 0


def as_user(uid: int, gid: int, path: str) -> str:
    """What a process of another user is told: an outcome, or the number of outputs of a step."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            connection = Connection(path)
            try:
                text = str(len(connection.open("one").step([0, 0, 0])))
            except (Refused, OSError):
                text = connection.receive()[0]
        except Refused as error:
            text = error.outcome
        except BaseException as error:  # told by the parent
            text = repr(error)
        os.write(writing, text.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading) as pipe:
        return pipe.read()


def credentials() -> None:
    """Who may connect, and which models may run."""
    if os.geteuid() == 0:
        path = f"{FOLDER}/allowed"
        for option, uid, gid, outcome in (([], 65534, 65534, "not_allowed"), (["--allow-uid", "65534"], 65534, 65534, None), (["--allow-gid", "65533"], 65534, 65533, None), (["--allow-uid", "7"], 65534, 65534, "not_allowed")):
            daemon = subprocess.Popen([DAEMON, "--socket", "@" + path, *option, f"{FOLDER}/one.sluice"], stderr=subprocess.DEVNULL)
            STARTED.append(daemon)
            until("a daemon", lambda: os.path.basename(path).encode() in open("/proc/net/unix", "rb").read())
            found = as_user(uid, gid, "@" + path)
            daemon.terminate()
            assert daemon.wait() == 0 and found == (outcome or "2"), (option, found)
        print("  peers of other users: by their ids")
    else:
        print("  skipped: other users (needs root)")
    sums = f"{FOLDER}/sums"
    good = subprocess.run(["sha256sum", f"{FOLDER}/one.sluice"], capture_output=True, text=True).stdout
    with open(sums, "w") as file:
        file.write("# allowed\n" + good)
    refusal = subprocess.run([DAEMON, "--socket", "@never", "--allow-hash", sums, f"{FOLDER}/two.sluice"], capture_output=True, text=True)
    assert refusal.returncode == 3 and "not among those allowed" in refusal.stderr, refusal
    manager = new(["--allow-hash", sums])
    place("two.sluice")
    until("a refusal", lambda: "not among those allowed" in manager.log())
    assert manager.stop() == 0
    print("  a model that is not on the list: refused, at the start and by a reload")


def allocations() -> None:
    """Steps, refusals and reloads allocate nothing on the data path; that the counter counts is seen of the other threads."""
    if not shutil.which("gcc") or b"not a dynamic executable" in subprocess.run(["ldd", DAEMON], capture_output=True).stderr:
        print("  skipped: allocations (needs gcc and a program that is not static)")
        return
    library, told = f"{FOLDER}/allocations.so", f"{FOLDER}/allocations"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, f"{ROOT}/Tests/Serving/allocations.c"], check=True)
    manager = new(preload=library, told=told)

    def counts() -> list[int]:
        before = os.path.getsize(told) if os.path.exists(told) else 0
        manager.process.send_signal(signal.SIGUSR1)
        until("a count", lambda: os.path.exists(told) and os.path.getsize(told) > before)
        with open(told) as file:
            return [int(word) for word in file.readlines()[-1].split()]

    connection = Connection(manager.path)
    streams = [connection.open("m", name=str(number)) for number in range(STREAMS)]
    x = [value for number in range(STREAMS) for value in row(number, 0)]
    connection.step(streams, x)
    before = counts()
    for count in range(2000):
        connection.step(streams, x)
        streams[count % STREAMS].step(row(0, 0) * 3, rows=3)
        streams[0].save(), streams[1].reset(), streams[2].carry(streams[3])
        streams[4].sequence += 1
        refused("other_sequence", lambda: streams[4].step(row(0, 0)))
        streams[4].sequence -= 1
        if count % 200 == 0:
            place(("one.sluice", "two.sluice")[count // 200 % 2])
    after = counts()
    assert after[0] == before[0] and after[1] > before[1], (before, after)
    print(f"  allocations in 2,000 rounds and {len(manager.said('RELOADING'))} reloads: 0 on the data path, {after[1] - before[1]} elsewhere")
    assert manager.stop() == 0


def activated() -> None:
    """By systemd-socket-activate, where it is."""
    if not shutil.which("systemd-socket-activate"):
        print("  skipped: no systemd-socket-activate")
        return
    path = f"{FOLDER}/activated"
    process = subprocess.Popen(["systemd-socket-activate", "--seqpacket", "-l", path, DAEMON, f"m={FOLDER}/one.sluice"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    STARTED.append(process)
    until("a socket", lambda: os.path.exists(path))
    time.sleep(0.1)
    made = fleets(path, 20, "activated")
    compare(made, 20, "systemd-socket-activate")
    process.terminate()
    process.wait()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    try:
        for check in (activated, allocations, disturbers, credentials, reloads_under_load, lambda: killed_under_load(3 if RELOADS < 1000 else 20)):
            check()
    finally:
        for process in STARTED:
            if process.poll() is None:
                process.kill()


main()
