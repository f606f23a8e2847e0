"""What is measured of one program, from the outside only. Every number is about its whole process tree."""

import json
import multiprocessing
import os
import select
import signal
import subprocess
import tempfile
import time

from rig import TICK_S, TOPIC, Line, Program, Publisher, median, now, quantile
from spartn import MARK, Messages, delays_ms

PATIENCE_S = 40
PREAMBLE = b"\x73"
MESSAGES = Messages()
_fork = multiprocessing.get_context("fork")


def yaml(section, indent=""):
    """The block style that people write; values as JSON, which is YAML too."""
    lines = []
    for key, value in section.items():
        if isinstance(value, dict):
            lines.append(f"{indent}{key}:\n{yaml(value, indent + '  ')}")
        else:
            lines.append(f"{indent}{key}: {json.dumps(value)}\n")
    return "".join(lines)


class Contender:
    """A program that subscribes at the broker and writes what comes to a serial line."""

    def __init__(self, name, node, script, work):
        self.name, self.node, self.script = name, node, script
        self.folder = os.path.join(work, name)
        os.makedirs(self.folder, mode=0o700, exist_ok=True)

    def argv(self, broker, serial):
        options = {
            "host": "localhost",
            "port": broker.tls_port,
            "caFile": f"{broker.folder}/ca.crt",
            "certFile": f"{broker.folder}/device.crt",
            "keyFile": f"{broker.folder}/device.key",
            "clientId": f"bench-{self.name}",
            "topic": TOPIC,
            "serial": serial,
        }
        return [self.node, self.script, json.dumps(options)]


class Waymark(Contender):
    """The agent as shipped, with a configuration file and folders of its own."""

    def argv(self, broker, serial):
        identity = {
            "certFile": f"{broker.folder}/device.crt",
            "keyFile": f"{broker.folder}/device.key",
            "caFile": f"{broker.folder}/ca.crt",
            "clientId": "bench-waymark",
            "host": "localhost",
            "port": broker.tls_port,
            "topics": [TOPIC],
        }
        corrections = {"region": "eu", "caFile": identity["caFile"]}
        return self.with_config(self.folder, serial, {"identity": identity, "corrections": corrections})

    def with_config(self, folder, serial, road):
        config = {
            "version": 1,
            "stateDir": f"{folder}/state",
            "runtimeDir": f"{folder}/run",
            "log": {"level": "warn"},
            "gnss": {"port": serial, "baudRate": 460800, "configure": False},
            **road,
        }
        for name in ("state", "run"):
            os.makedirs(f"{folder}/{name}", mode=0o700, exist_ok=True)
        path = f"{folder}/bench.yaml"
        with open(path, "w") as file:
            file.write(yaml(config))
        return [self.node, self.script, "run", "--config", path]


class Running:
    """A contender connected to a line of its own, until the block ends."""

    def __init__(self, argv_for, show=False):
        self.line = Line()
        self.program = Program(argv_for(self.line.path), show)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stop()
        self.line.close()

    def first_correction_ms(self, mark=MARK):
        """From exec to the arrival of the first correction; what else a program sends to its receiver does not count."""
        seen, limit = b"", time.monotonic() + PATIENCE_S
        while mark not in seen:
            if time.monotonic() > limit or not self.program.running:
                raise RuntimeError(f"no correction came, only {seen[:40].hex() or 'nothing'}")
            seen += self.line.read(0.5)
        return (now() - self.program.started_ns) / 1e6


def run(contender, broker, show=False):
    running = Running(lambda serial: contender.argv(broker, serial), show)
    running.line.talk()
    return running


def leave_message(broker):
    """A retained message for whoever connects."""
    publisher = Publisher(broker.plain_port)
    publisher.send(MESSAGES(0, now()), retain=True)
    publisher.close()


def start(contender, broker, show):
    """Exec to the first correction byte, identity on disk, a message waiting."""
    with run(contender, broker, show) as running:
        ms = running.first_correction_ms()
        time.sleep(0.2)
        return {"start_ms": ms, "start_cpu_ms": running.program.cpu_ms()}


def _publish_paced(port, rate, count):
    publisher = Publisher(port)
    due = time.monotonic()
    for number in range(1, count + 1):
        due += 1 / rate
        time.sleep(max(0, due - time.monotonic()))
        publisher.send(MESSAGES(number, now()))
    publisher.close()


def _publish_at_once(port, packets):
    publisher = Publisher(port)
    for at in range(0, len(packets), 50):
        publisher.send_raw(b"".join(packets[at : at + 50]))
    publisher.close()


def _while_publishing(target, arguments, collect):
    sender = _fork.Process(target=target, args=arguments)
    sender.start()
    try:
        return collect()
    finally:
        sender.join(PATIENCE_S)
        if sender.is_alive():
            sender.kill()


def paced(running, broker, seconds, rate=100):
    count = int(rate * seconds)
    before = running.program.cpu_ms()
    arrivals = _while_publishing(
        _publish_paced, (broker.plain_port, rate, count), lambda: running.line.gather(count * MESSAGES.size, 3)
    )
    spent = running.program.cpu_ms() - before
    delays = delays_ms(arrivals, MESSAGES.size)
    return {
        "delay_p50_ms": quantile(delays.values(), 0.5),
        "delay_p99_ms": quantile(delays.values(), 0.99),
        "cpu_ms_per_message": spent / count,
        "lost_at_rate": count - len(delays),
    }


def flat_out(running, broker, count):
    sent = [MESSAGES(number) for number in range(count)]
    packets = [Publisher.packet(payload) for payload in sent]
    running.line.drain()
    before, began = running.program.cpu_ms(), now()
    arrivals = _while_publishing(
        _publish_at_once, (broker.plain_port, packets), lambda: running.line.gather(count * MESSAGES.size, 5)
    )
    if not arrivals:
        raise RuntimeError("nothing of the flood arrived")
    got = b"".join(chunk for _, chunk in arrivals)
    seconds = (arrivals[-1][0] - began) / 1e9
    return {
        "flood_rate": len(got) / MESSAGES.size / seconds,
        "flood_exact": int(got == b"".join(sent)),
        "flood_missing_bytes": count * MESSAGES.size - len(got),
        "flood_cpu_ms_per_message": (running.program.cpu_ms() - before) / count,
    }


def steady(contender, broker, show, quick):
    """One life: connected memory, a hundred messages a second, a flood, the memory after it, flat out."""
    result = {}
    with run(contender, broker, show) as running:
        running.first_correction_ms()
        time.sleep(3)
        running.line.drain()
        resident, anonymous = running.program.memory_mib()
        result.update(rss_mib=resident, anon_mib=anonymous)
        result.update(paced(running, broker, 3 if quick else 10))
        flat_out(running, broker, 2000)
        time.sleep(1)
        after, after_anonymous = running.program.memory_mib()
        result.update(growth_mib=after - resident, anon_growth_mib=after_anonymous - anonymous)
        result.update(flat_out(running, broker, 5000))
    return result


def outage(contenders, broker, seconds, offset_s, show):
    """All at once: the broker is killed, and back after `seconds`; from its first listening to the first byte.

    `offset_s` differs from round to round, so that nobody's fixed retry interval happens to fit.
    """
    alive = {}
    try:
        for contender in contenders:
            running = run(contender, broker, show)
            alive[contender.name] = running
            running.first_correction_ms()
        time.sleep(1)
        for running in alive.values():
            running.line.drain()
        broker.kill()
        time.sleep(seconds + offset_s)
        broker.start()
        began = now()
        leave_message(broker)
        return _first_bytes(alive, began, f"back_{seconds}s_ms")
    finally:
        for running in alive.values():
            running.__exit__()


def _first_bytes(alive, began, key):
    times, limit = {}, now() + int(90e9)
    while len(times) < len(alive) and now() < limit:
        for name, running in alive.items():
            if name not in times and running.line.read(TICK_S / 5):
                times[name] = {key: (now() - began) / 1e6}
    return times


class Clouds:
    """The simulated provisioning service and broker, for a first start in life."""

    def __init__(self, node, script, work):
        self.folder = os.path.join(work, "clouds")
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self._process = subprocess.Popen(
            [node, script, "sim", "clouds", "--state-dir", self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_S)
            self.about = json.loads(self._process.stdout.readline() if ready else b"")
        except ValueError:
            self.stop()
            raise RuntimeError("the simulated clouds did not say where they are") from None

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
                self._process.wait(5)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass


def cold_start(contender, clouds, show):
    """Exec to the first correction byte with an empty state folder: provisioning, certificate, session."""
    with tempfile.TemporaryDirectory(dir=contender.folder) as folder:
        about = clouds.about
        token = f"{folder}/token"
        with open(token, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(about["ztp"]["token"])
        ztp = {"url": about["ztp"]["url"], "token": f"file:{token}", "caFile": about["caFile"], "hardwareId": "bench"}
        corrections = {"region": "eu", "caFile": about["caFile"]}
        road = {"ztp": ztp, "corrections": corrections}
        with Running(lambda serial: contender.with_config(folder, serial, road), show) as running:
            running.line.talk()
            return {"cold_ms": running.first_correction_ms(PREAMBLE)}


def at_commands(node, script, count, show):
    """A modem that echoes, answers at once and reports its registration now and then; timed on the modem's side."""
    argv = lambda serial: [node, script, json.dumps({"serial": serial, "count": count})]
    arrivals, rest, other = [], b"", set()
    with Running(argv, show) as running:
        cpu = None
        while len(arrivals) < count:
            chunk = running.line.read(10)
            if not chunk:
                raise RuntimeError(f"{len(arrivals)} of {count} commands came; others: {sorted(other)[:5]}")
            *commands, rest = (rest + chunk).split(b"\r")
            for command in commands:
                answer = b"\r\nOK\r\n"
                if command == b"AT+CSQ":
                    if not arrivals:
                        cpu = running.program.cpu_ms()
                    arrivals.append(now())
                    if len(arrivals) == count:
                        spent = running.program.cpu_ms() - cpu
                    report = b"\r\n+CREG: 1\r\n" if len(arrivals) % 25 == 0 else b""
                    answer = b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n" + report
                else:
                    other.add(command)
                running.line.write(command + b"\r" + answer)
        running.program.wait(2)
    gaps = [(b - a) / 1e3 for a, b in zip(arrivals, arrivals[1:])]
    return {"at_p50_us": median(gaps), "at_p99_us": quantile(gaps, 0.99), "at_cpu_us": 1e3 * spent / len(gaps)}
