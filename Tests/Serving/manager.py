"""A service manager as small as a test needs: sockets and states are passed and kept as systemd does.

It listens for the service, passes LISTEN_FDS with their names, takes READY, STATUS and WATCHDOG from NOTIFY_SOCKET,
keeps what FDSTORE hands over by SCM_RIGHTS, and starts the service anew when it is gone.
"""

import array
import os
import socket
import subprocess
import threading
import time


class Manager:
    """Runs `command` with a socket for clients and one for metrics below `folder`."""

    def __init__(self, command: list[str], folder: str, abstract: bool = False, watchdog: int = 0, preload: str = "", told: str = ""):
        self.command, self.folder, self.watchdog = command, folder, watchdog
        self.more = {"LD_PRELOAD": preload, "ALLOCATIONS": told} if preload else {}
        self.path, self.metrics = f"{folder}/socket", f"{folder}/metrics"
        self.kept: dict[str, list[int]] = {}
        self.messages: list[dict[str, str]] = []
        self.starts = 0
        self.ready = threading.Event()
        self.notify_name = f"\0sluice-test-{os.getpid()}" if abstract else f"{folder}/notify"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.notify_name)
        self.sockets = [("data", self.listener(self.path, socket.SOCK_SEQPACKET)), ("metrics", self.listener(self.metrics, socket.SOCK_STREAM))]
        self.stopping = False
        threading.Thread(target=self.listen, daemon=True).start()
        self.start()
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()

    @staticmethod
    def listener(path: str, kind: int) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, kind)
        made.bind(path)
        made.listen(128)
        return made

    def start(self) -> None:
        self.ready.clear()
        files = [(name, made.fileno()) for name, made in self.sockets]
        files += [(name, file) for name, held in self.kept.items() for file in held]
        environment = dict(os.environ)
        environment["NOTIFY_SOCKET"] = self.notify_name.replace("\0", "@")
        environment["LISTEN_FDS"] = str(len(files))
        environment["LISTEN_FDNAMES"] = ":".join(name for name, _ in files)
        if self.watchdog:
            environment["WATCHDOG_USEC"] = str(self.watchdog)
        # A shell names itself in LISTEN_PID and becomes the service; files go to 3 and up in their order.
        moves = " ".join(f"{3 + at}<&{100 + at}" for at in range(len(files))) + " " + " ".join(f"{100 + at}<&-" for at in range(len(files)))
        copies = [os.dup2(file, 100 + at) for at, (_, file) in enumerate(files)]
        for copy in copies:
            os.set_inheritable(copy, True)
        exports = " ".join(f"{name}={value}" for name, value in self.more.items())
        script = f'export LISTEN_PID=$$ {exports}; exec "$@" {moves}'
        self.process = subprocess.Popen(["bash", "-c", script, "-", *self.command], env=environment, pass_fds=copies, stderr=open(f"{self.folder}/log", "a"))
        for copy in copies:
            os.close(copy)
        self.starts += 1

    def watch(self) -> None:
        while not self.stopping:
            self.process.wait()
            if not self.stopping:
                self.start()

    def listen(self) -> None:
        while True:
            files = array.array("i")
            text, ancillary, _, _ = self.notify.recvmsg(8192, socket.CMSG_SPACE(64 * files.itemsize))
            for level, kind, data in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    files.frombytes(data[: len(data) - len(data) % files.itemsize])
            said = dict(line.split("=", 1) for line in text.decode().split("\n"))
            self.messages.append(said)
            if said.get("FDSTORE") == "1":
                self.keep(said.get("FDNAME", "stored"), list(files))
            if said.get("FDSTOREREMOVE") == "1":
                for file in self.kept.pop(said["FDNAME"], []):
                    os.close(file)
            if said.get("READY") == "1":
                self.ready.set()

    def keep(self, name: str, files: list[int]) -> None:
        held = self.kept.setdefault(name, [])
        for file in files:
            # The same file once more is not kept twice.
            same = [other for other in held if os.path.sameopenfile(other, file)]
            os.close(file) if same else held.append(file)

    def said(self, name: str) -> list[str]:
        return [message[name] for message in self.messages if name in message]

    def log(self) -> str:
        with open(f"{self.folder}/log") as file:
            return file.read()

    def poll(self) -> int | None:
        return self.process.poll()

    def kill(self) -> None:
        """Ends it for good, after a check that failed."""
        self.stopping = True
        self.process.kill()

    def stop(self) -> int:
        self.stopping = True
        self.process.terminate()
        status = self.process.wait(timeout=20)
        for _, made in self.sockets:
            made.close()
        return status


def until(what: str, condition, seconds: float = 20.0) -> None:
    """Waits for a condition, or fails by its name."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.005)
