"""The caster road: how much later a byte of the caster is at the receiver than through the least that could carry it.

The caster stands in this process, so that nothing lies between the time stamp and the socket. It speaks NTRIP 2, wants a
position first, and sends the same stamped messages as the broker's publisher.
"""

import base64
import json
import os
import socket
import threading
import time

from measures import MESSAGES, Running
from rig import SENTENCE, now, quantile
from spartn import delays_ms

USER, PASSWORD, MOUNT = "bench", "bench-pass", "NEAR-SPARTN"
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode())
POSITION = {"latitudeDeg": 47.2852, "longitudeDeg": 8.5652}


class Caster:
    """One client at a time; whoever has logged in and said where it is gets the stream."""

    def __init__(self):
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._client = None
        self._ready = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._welcome, args=(client,), daemon=True).start()

    def _welcome(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        said = b""
        while b"\r\n\r\n" not in said:
            part = client.recv(4096)
            if not part:
                return
            said += part
        if b"Basic " + LOGIN not in said or f"GET /{MOUNT} ".encode() not in said:
            client.sendall(b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n")
            client.close()
            return
        client.sendall(b"HTTP/1.1 200 OK\r\nNtrip-Version: Ntrip/2.0\r\nContent-Type: gnss/data\r\nConnection: close\r\n\r\n")
        while b"GGA," not in said or not said.endswith(b"\r\n"):
            said += client.recv(4096)
        self._client = client
        self._ready.set()

    def wait(self, timeout_s):
        if not self._ready.wait(timeout_s):
            raise RuntimeError("nobody asked the caster for its stream")

    def send(self, payload):
        self._client.sendall(payload)

    def close(self):
        self._door.close()
        if self._client:
            self._client.close()


def waymark_argv(contender, caster, serial):
    folder = f"{contender.folder}/caster"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open(f"{folder}/password", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(PASSWORD)
    ntrip = {"host": "127.0.0.1", "port": caster.port, "mountPoint": MOUNT, "userName": USER, "tls": "off"}
    ntrip["password"] = f"file:{folder}/password"
    return contender.with_config(folder, serial, {"corrections": {"position": POSITION, "ntrip": ntrip}})


def floor_argv(node, script, caster, serial):
    about = {"host": "127.0.0.1", "port": caster.port, "mountPoint": MOUNT, "userName": USER, "password": PASSWORD}
    return [node, script, json.dumps({**about, "gga": SENTENCE.decode(), "serial": serial})]


def delay(argv_for, show, quick, rate=50):
    """50 messages a second (fifty times what a real caster sends) for some seconds; delays by stamp."""
    count = rate * (3 if quick else 10)
    caster = Caster()
    running = Running(lambda serial: argv_for(caster, serial), show)
    running.line.talk()
    try:
        caster.wait(40)
        caster.send(MESSAGES(0, now()))
        running.first_correction_ms()
        running.line.drain()

        def publish():
            due = time.monotonic()
            for number in range(1, count + 1):
                due += 1 / rate
                time.sleep(max(0, due - time.monotonic()))
                caster.send(MESSAGES(number, now()))

        sender = threading.Thread(target=publish)
        sender.start()
        delays = delays_ms(running.line.gather(count * MESSAGES.size, 3), MESSAGES.size)
        sender.join()
        return {
            "caster_p50_ms": quantile(delays.values(), 0.5),
            "caster_p99_ms": quantile(delays.values(), 0.99),
            "caster_lost": count - len(delays),
        }
    finally:
        running.__exit__()
        caster.close()
