"""What a session costs beside the corrections it brings: keep-alive, positions, the making of a connection.

The agent as shipped against the simulated clouds, over TLS. It counts its own bytes on the wire side (below TLS, without
TCP and IP headers); the corrections themselves are taken off. A minute is watched and scaled to an hour.
"""

import http.client
import json
import os
import socket
import tempfile
import time

from measures import PATIENCE_S, PREAMBLE, Running

POSITION = {"latitudeDeg": 48.2082, "longitudeDeg": 16.3738}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def _status(folder):
    connection = _UnixConnection(f"{folder}/run/status.sock")
    connection.request("GET", "/api/v1/status")
    status = json.loads(connection.getresponse().read())
    connection.close()
    return status


def _traffic(status, source):
    bytes_of = status["bytes"].get(source, {"in": 0, "out": 0})
    return bytes_of["in"], bytes_of["out"], status["corrections"]["bytesIn"]


def measure(contender, clouds, source, show, quick):
    seconds = 20 if quick else 60
    with tempfile.TemporaryDirectory(dir=contender.folder) as folder:
        about = clouds.about
        secret = f"{folder}/secret"
        if source == "ntrip":
            ntrip = about["pointperfect"]["ntrip"]
            value = ntrip["password"]
            caster = {"host": ntrip["host"], "port": ntrip["tlsPort"], "tls": "required"}
            caster |= {"mountPoint": ntrip["mountPoint"], "userName": ntrip["userName"], "password": f"file:{secret}"}
            road = {"corrections": {"position": POSITION, "caFile": about["caFile"], "ntrip": caster}}
        else:
            mqtt, value = about["pointperfect"]["mqtt"], "unused"
            identity = {"certFile": mqtt["certFile"], "keyFile": mqtt["keyFile"], "caFile": about["caFile"]}
            identity |= {"clientId": mqtt["clientId"], "host": mqtt["host"], "port": mqtt["port"]}
            identity["topics"] = ["/pp/ip/eu", "/pp/ubx/0236/ip"]
            road = {"identity": identity, "corrections": {"region": "eu", "caFile": about["caFile"]}}
        with open(secret, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(value)
        with Running(lambda serial: contender.with_config(folder, serial, road), show) as running:
            running.line.talk()
            running.first_correction_ms(PREAMBLE)
            time.sleep(1)
            begun = _traffic(_status(folder), source)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                running.line.read(min(1, PATIENCE_S))
            ended = _traffic(_status(folder), source)
    read, written, corrections = (after - before for before, after in zip(begun, ended))
    scale = 3600 / seconds
    return {
        f"{source}_up_bytes_per_hour": written * scale,
        f"{source}_down_bytes_per_hour": (read - corrections) * scale,
        f"{source}_connect_bytes": begun[0] + begun[1] - begun[2],
    }
