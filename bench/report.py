"""Goals, and docs/benchmark.md made of a run."""

import json
import os
import platform
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))

# (key, what, unit, digits) in the order of the table
ROWS = [
    ("start_ms", "Start to first correction byte, identity on disk", "ms", 0),
    ("start_cpu_ms", "Processor time of that start", "ms", 0),
    ("cold_ms", "First start in life: provisioning to first correction byte", "ms", 0),
    ("rss_mib", "Resident memory, connected", "MiB", 1),
    ("anon_mib", "Anonymous memory, connected", "MiB", 1),
    ("delay_p50_ms", "Delay at 100 messages/s, p50", "ms", 2),
    ("delay_p99_ms", "Delay at 100 messages/s, p99", "ms", 2),
    ("cpu_ms_per_message", "Processor time a message at 100/s", "ms", 2),
    ("lost_at_rate", "Messages lost at 100/s", "", 0),
    ("flood_rate", "Flat out", "messages/s", 0),
    ("flood_exact", "Flat out, all bytes as sent (1 = yes)", "", 0),
    ("flood_missing_bytes", "Flat out, bytes missing", "", 0),
    ("flood_cpu_ms_per_message", "Processor time a message flat out", "ms", 3),
    ("growth_mib", "Resident growth over a flood of 2000 messages", "MiB", 1),
    ("anon_growth_mib", "Anonymous growth over it", "MiB", 1),
    ("back_4s_ms", "Session back after the broker was away 4 s", "ms", 0),
    ("back_17s_ms", "Session back after the broker was away 17 s", "ms", 0),
    ("caster_p50_ms", "Caster byte to receiver byte at 50 messages/s, p50", "ms", 2),
    ("caster_p99_ms", "Caster byte to receiver byte, p99", "ms", 2),
    ("caster_lost", "Messages of the caster lost", "", 0),
    ("ntrip_up_bytes_per_hour", "NTRIP over TLS: bytes sent an hour (positions)", "bytes", 0),
    ("ntrip_down_bytes_per_hour", "NTRIP over TLS: bytes received an hour beside the corrections", "bytes", 0),
    ("ntrip_connect_bytes", "NTRIP over TLS: bytes of one connection being made, both ways", "bytes", 0),
    ("mqtt_up_bytes_per_hour", "MQTT over TLS: bytes sent an hour (keep-alive)", "bytes", 0),
    ("mqtt_down_bytes_per_hour", "MQTT over TLS: bytes received an hour beside the corrections", "bytes", 0),
    ("mqtt_connect_bytes", "MQTT over TLS: bytes of one connection being made, both ways", "bytes", 0),
    ("at_p50_us", "AT command to next command, p50", "µs", 0),
    ("at_p99_us", "AT command to next command, p99", "µs", 0),
    ("at_cpu_us", "Processor time an AT command", "µs", 0),
]

PEER, AT_PEER = "bare", "bare-at"
# (key, compared with or None, at most (or at least), bound, is stretch)
GOALS = [
    ("delay_p50_ms", PEER, "<=", 1.25, False),
    ("cpu_ms_per_message", PEER, "<=", 1.15, False),
    ("flood_rate", PEER, ">=", 0.8, False),
    ("flood_exact", None, ">=", 1, False),
    ("lost_at_rate", None, "<=", 0, False),
    ("start_ms", PEER, "<=", 1.1, False),
    ("start_ms", "min", "<=", 1.4, True),
    ("rss_mib", "min", "<=", 1.3, False),
    ("rss_mib", "min", "<=", 1.2, True),
    ("anon_mib", None, "<=", 0.8 * 22, False),
    ("growth_mib", None, "<=", 10, False),
    ("back_4s_ms", None, "<=", 2000, False),
    ("back_17s_ms", None, "<=", 2000, False),
    # Milliseconds above the floor, not a ratio.
    ("caster_p99_ms", "min", "+<=", 10, False),
    ("caster_lost", None, "<=", 0, False),
    ("at_p50_us", AT_PEER, "<=", 1.1, False),
    ("at_cpu_us", AT_PEER, "<=", 1.1, False),
]

INTRO = """# Benchmark

<!-- Written by `npm run bench`. -->

How to read it: every program runs on the same machine in the same run, in turns, against the same broker and the same
pseudo-terminal; a figure is the median over the rounds. Absolute times depend on the machine and what else it does, so
the goals are ratios within one run wherever a peer can be named.

* **waymark**: the agent as shipped, every frame checked, its status socket open.
* **bare**: twenty lines on the same `mqtt` and `serialport` packages with their defaults, bundled; it checks nothing.
* **min**: no packages: `node:tls`, MQTT by hand, the port as a file. About what Node itself needs.
* **min** on the caster rows: one socket, the request, the position, and every byte to the port as it is.
* **waymark** and **bare-at** on the AT rows: our AT channel (echo, unsolicited lines, time-outs, transcript off) and
  `serialport` with its line parser, which waits for `OK` and knows nothing else. The modem echoes and answers at once.

A message is three valid SPARTN frames, {size} bytes. Delay is from the publisher's send to the last byte of the message
at the far side of the serial line. Connected memory is read three seconds after the first correction; growth is from there
to one second after the flood, with the run at 100/s in between.
"""


def waymark_name(key):
    return "waymark-at" if key.startswith("at_") else "waymark"


def judge(medians):
    """[{key, against, sign, bound, stretch, value, met}]"""
    verdicts = []
    for key, against, sign, bound, stretch in GOALS:
        # Left out of a quick run; a figure that only we have none of is a miss.
        if not any(key in figures for figures in medians.values()):
            continue
        own = medians.get(waymark_name(key), {}).get(key)
        base = medians.get(against, {}).get(key) if against else 1
        if sign.startswith("+"):
            value = own - base if own is not None and base is not None else None
        else:
            value = own / base if own is not None and base else None
        met = value is not None and (value >= bound if sign == ">=" else value <= bound)
        verdicts.append(dict(key=key, against=against, sign=sign, bound=bound, stretch=stretch, value=value, met=met))
    return verdicts


def label(key):
    what, unit = next((what, unit) for k, what, unit, _ in ROWS if k == key)
    return what, unit


def number(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"


def goal_line(verdict, causes):
    what, unit = label(verdict["key"])
    against = verdict["against"]
    is_sum = verdict["sign"].startswith("+")
    digits = 2 if against else 1 if unit == "MiB" else 0
    scale = f"{unit} above {against}" if is_sum else f"× {against}" if against else unit
    bound = f"{'≥' if verdict['sign'] == '>=' else '≤'} {number(verdict['bound'], digits)} {scale}".strip()
    kind = "stretch" if verdict["stretch"] else "goal"
    result = "pass" if verdict["met"] else "**miss**"
    cause = "" if verdict["met"] else causes.get(verdict["key"], "not known yet")
    value = f"{number(verdict['value'], digits)} {scale}".strip()
    return f"| {what} | {kind} {bound} | {value} | {result} | {cause} |"


def machine():
    model = "unknown processor"
    try:
        with open("/proc/cpuinfo") as file:
            model = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{platform.machine()}, {os.cpu_count()} processors ({model}), Linux {platform.release()}"


def commit():
    def git(*arguments):
        done = subprocess.run(["git", *arguments], cwd=HERE, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + (" with changes" if git("status", "--porcelain") else "")


def markdown(run):
    with open(f"{HERE}/causes.json") as file:
        causes = json.load(file)
    medians = run["medians"]
    columns = [name for name in ("waymark", "bare", "min") if name in medians]
    lines = [
        INTRO.format(size=run["message_bytes"]),
        f"Run of {run['date']}: commit {run['commit']}, Node {run['node']}, {run['rounds']} rounds"
        f"{' (quick)' if run['quick'] else ''}, {run['machine']}.",
        "",
        "## Goals",
        "",
        "| what | goal | figure | result | cause of a miss |",
        "| --- | --- | --- | --- | --- |",
        *(goal_line(verdict, causes) for verdict in judge(medians)),
        "",
        "## Figures",
        "",
        f"| what | unit | {' | '.join(columns)} | bare-at |",
        f"| --- | --- | {' | '.join('---:' for _ in columns)} | ---: |",
    ]
    for key, what, unit, digits in ROWS:
        names = [waymark_name(key) if name == "waymark" else name for name in columns] + ["bare-at"]
        values = [medians.get(name, {}).get(key) for name in names]
        if any(value is not None for value in values):
            lines.append(f"| {what} | {unit} | {' | '.join(number(value, digits) for value in values)} |")
    if run["errors"]:
        lines += ["", "## What failed", "", *(f"* {error}" for error in run["errors"])]
    return "\n".join(lines) + "\n"
