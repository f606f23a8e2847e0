"""What the programs under test are put between: a broker with mutual TLS, a publisher, a pseudo-terminal, and meters.

Python's standard library, mosquitto and openssl; nothing that would stand between the program and the clock.
"""

import functools
import getpass
import operator
import os
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import tty

TOPIC = "/pp/ip/eu"
TICK_S = 0.005


def now():
    return time.monotonic_ns()


def tool(name):
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    found = shutil.which(name, path=path)
    if not found:
        raise SystemExit(f"the bench needs {name} on this machine")
    return found


def median(values):
    return quantile(values, 0.5)


def quantile(values, q):
    """Linear between neighbours; None for no values."""
    ranked = sorted(values)
    if not ranked:
        return None
    place = (len(ranked) - 1) * q
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (place - low)


def make_certificates(folder):
    """ca, server and device, each as NAME.crt and NAME.key (P-256), in `folder`."""

    def openssl(*arguments):
        subprocess.run([tool("openssl"), *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Bench CA")
    for name, subject in (("server", "localhost"), ("device", "bench-device")):
        extensions = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"]
        signed = ["-x509", "-CA", "ca.crt", "-CAkey", "ca.key", "-subj", f"/CN={subject}"]
        openssl("req", *signed, *key, *extensions, "-keyout", f"{name}.key", "-out", f"{name}.crt")
    for name in ("ca", "server", "device"):
        os.chmod(f"{folder}/{name}.key", 0o600)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Broker:
    """mosquitto: TLS with client certificates for the programs, a plain door for the publisher. Ports stay over restarts."""

    def __init__(self, folder):
        self.folder = folder
        self.tls_port, self.plain_port = free_ports(2)
        self._process = None
        lines = [
            "allow_anonymous true",
            "persistence false",
            "log_dest none",
            "set_tcp_nodelay true",
            "max_queued_messages 0",
            "max_queued_bytes 0",
            f"user {getpass.getuser()}",
            f"listener {self.plain_port} 127.0.0.1",
            f"listener {self.tls_port} localhost",
            f"cafile {folder}/ca.crt",
            f"certfile {folder}/server.crt",
            f"keyfile {folder}/server.key",
            "require_certificate true",
        ]
        with open(f"{folder}/mosquitto.conf", "w") as file:
            file.write("\n".join(lines) + "\n")

    def start(self):
        self._process = subprocess.Popen(
            [tool("mosquitto"), "-c", f"{self.folder}/mosquitto.conf"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            try:
                socket.create_connection(("localhost", self.tls_port), 1).close()
                return self
            except OSError:
                time.sleep(TICK_S)
        raise RuntimeError("the broker did not start")

    def kill(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


class Publisher:
    """Just enough MQTT 3.1.1 to publish at QoS 0 with no library between the time stamp and the socket."""

    def __init__(self, port, name="bench-publisher"):
        self._socket = socket.create_connection(("127.0.0.1", port), 5)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        clean_session = 2
        body = self._text("MQTT") + struct.pack(">BBH", 4, clean_session, 0) + self._text(name)
        self._socket.sendall(b"\x10" + self._length(len(body)) + body)
        if self._socket.recv(4) != b"\x20\x02\x00\x00":
            raise RuntimeError("the broker refused the publisher")

    @staticmethod
    def _text(text):
        raw = text.encode()
        return struct.pack(">H", len(raw)) + raw

    @staticmethod
    def _length(count):
        out = bytearray()
        while count > 127:
            out.append(count & 127 | 128)
            count >>= 7
        return bytes(out) + bytes([count])

    @classmethod
    def packet(cls, payload, retain=False):
        body = cls._text(TOPIC) + payload
        return bytes([0x31 if retain else 0x30]) + cls._length(len(body)) + body

    def send(self, payload, retain=False):
        self._socket.sendall(self.packet(payload, retain))

    def send_raw(self, packets):
        self._socket.sendall(packets)

    def close(self):
        self._socket.sendall(b"\xe0\x00")
        self._socket.close()


SENTENCE = b"GNGGA,120000.00,4717.11437,N,00833.91522,E,1,12,0.80,499.6,M,48.0,M,,"
SENTENCE = b"$%s*%02X\r\n" % (SENTENCE, functools.reduce(operator.xor, SENTENCE))


def ubx(kind, payload):
    """A UBX frame; `kind` is class and id."""
    body = kind + struct.pack("<H", len(payload)) + payload
    a = b = 0
    for byte in body:
        a = (a + byte) & 0xFF
        b = (b + a) & 0xFF
    return b"\xb5b" + body + bytes([a, b])


# Corrections go only to what has shown itself to be a receiver: it is asked, and answers.
WHO_ARE_YOU = ubx(b"\x0a\x04", b"")
A_RECEIVER = ubx(b"\x0a\x04", b"EXT CORE 1.00".ljust(30, b"\0") + b"00190000".ljust(10, b"\0") + b"MOD=ZED-F9P".ljust(30, b"\0"))


class Line:
    """A pseudo-terminal read at its master: no helper process between the program and the clock."""

    def __init__(self):
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._closing = threading.Event()
        self._voice = None

    def talk(self):
        """A position a second, as a receiver would: one that says nothing is taken for dead."""

        def run():
            while not self._closing.wait(1):
                if select.select([], [self.master], [], 0)[1]:
                    self.write(SENTENCE)

        self._voice = threading.Thread(target=run, daemon=True)
        self._voice.start()

    def read(self, timeout_s):
        """What has arrived, or b'' when nothing does in time."""
        ready, _, _ = select.select([self.master], [], [], timeout_s)
        data = os.read(self.master, 65536) if ready else b""
        if WHO_ARE_YOU in data:
            self.write(A_RECEIVER)
        return data

    def gather(self, want, quiet_s):
        """[(ns, bytes)] until `want` bytes are there or nothing has come for `quiet_s`."""
        arrivals, got = [], 0
        while got < want:
            chunk = self.read(quiet_s)
            if not chunk:
                break
            arrivals.append((now(), chunk))
            got += len(chunk)
        return arrivals

    def drain(self, quiet_s=0.05):
        while self.read(quiet_s):
            pass

    def write(self, data):
        os.write(self.master, data)

    def close(self):
        self._closing.set()
        if self._voice:
            self._voice.join()
        os.close(self.master)
        os.close(self._slave)


class Program:
    """A program under test with everything it starts, in a process group of its own."""

    def __init__(self, argv, show=False):
        out = None if show else subprocess.DEVNULL
        self.started_ns = now()
        self._process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )

    @property
    def running(self):
        return self._process.poll() is None

    def _tree(self):
        pids = [self._process.pid]
        for pid in pids:
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children") as file:
                        pids.extend(int(child) for child in file.read().split())
            except OSError:
                pass
        return pids

    def cpu_ms(self):
        """Time on a processor, all threads of the tree."""
        total = 0
        for pid in self._tree():
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/schedstat") as file:
                        total += int(file.read().split()[0])
            except OSError:
                pass
        return total / 1e6

    def memory_mib(self):
        """(resident, anonymous) of the tree, MiB."""
        sums = {"Rss": 0, "Anonymous": 0}
        for pid in self._tree():
            try:
                with open(f"/proc/{pid}/smaps_rollup") as file:
                    for line in file:
                        name, _, rest = line.partition(":")
                        if name in sums:
                            sums[name] += int(rest.split()[0])
            except OSError:
                pass
        return sums["Rss"] / 1024, sums["Anonymous"] / 1024

    def wait(self, timeout_s):
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pass

    def stop(self):
        """Asks, waits, then insists; nothing of the group is left."""
        for number, patience_s in ((signal.SIGTERM, 3), (signal.SIGKILL, 5)):
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                break
            self.wait(patience_s)
