#!/usr/bin/env python3
"""The whole benchmark: contenders in turns, round after round, medians at the end. Started by scripts/bench.mjs."""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile

import caster
import measures
import overhead
import report
from rig import Broker, make_certificates, median

MEASURES = ("start", "steady", "outage", "caster", "overhead", "cold", "at")


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one short round: to see that everything works")
    parser.add_argument("--only", action="append", choices=MEASURES, help="these measures only (no document is written)")
    parser.add_argument("--contender", action="append", help="these programs only (no document is written)")
    parser.add_argument("--show", action="store_true", help="let the programs write to the terminal")
    parser.add_argument("--node", required=True)
    parser.add_argument("--waymark", required=True, help="dist/waymark.cjs")
    parser.add_argument("--peers", required=True, help="folder of the bundled peers")
    parser.add_argument("--document", help="where the Markdown goes")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds = 1
    return chosen


class Results:
    """Every figure of every round, and what went wrong."""

    def __init__(self):
        self.figures, self.errors = {}, []

    def take(self, name, what, measure, *arguments):
        """Runs one measure; a failure is a result too, and never the end of the run."""
        try:
            self.add(name, measure(*arguments))
        except Exception as error:
            self.errors.append(f"{what}, {name}: {error}")
            print(f"  {what:7} {name:10} FAILED: {error}", file=sys.stderr, flush=True)

    def add(self, name, figures):
        for key, value in figures.items():
            if value is not None:
                self.figures.setdefault(name, {}).setdefault(key, []).append(value)
        shown = " ".join(f"{key}={value:.4g}" for key, value in figures.items() if value is not None)
        print(f"  {name:10} {shown}", file=sys.stderr, flush=True)

    def medians(self):
        return {
            # A run is exact only if every round was.
            name: {key: min(values) if key == "flood_exact" else median(values) for key, values in figures.items()}
            for name, figures in self.figures.items()
        }


def one_round(index, chosen, contenders, broker, results, clouds):
    """Who goes first changes from round to round."""
    turn = contenders[index % len(contenders) :] + contenders[: index % len(contenders)]
    wanted = chosen.only or MEASURES
    measures.leave_message(broker)
    if "start" in wanted:
        for _ in range(1 if chosen.quick else 3):
            for contender in turn:
                results.take(contender.name, "start", measures.start, contender, broker, chosen.show)
    if "steady" in wanted:
        for contender in turn:
            results.take(contender.name, "steady", measures.steady, contender, broker, chosen.show, chosen.quick)
    if "outage" in wanted:
        for seconds in (4,) if chosen.quick else (4, 17):
            try:
                for name, figures in measures.outage(turn, broker, seconds, 0.37 * (index + 1) % 1, chosen.show).items():
                    results.add(name, figures)
            except Exception as error:
                results.errors.append(f"outage of {seconds} s: {error}")
                broker.kill()
                broker.start()
            measures.leave_message(broker)
    agent = next((c for c in contenders if c.name == "waymark"), None)
    if agent and "caster" in wanted:
        roads = [
            ("waymark", lambda door, serial: caster.waymark_argv(agent, door, serial)),
            ("min", lambda door, serial: caster.floor_argv(chosen.node, f"{chosen.peers}/min-ntrip.cjs", door, serial)),
        ]
        for name, argv_for in roads[:: 1 if index % 2 == 0 else -1]:
            results.take(name, "caster", caster.delay, argv_for, chosen.show, chosen.quick)
    if clouds and "overhead" in wanted and index == 0:
        for source in ("ntrip", "mqtt"):
            results.take("waymark", "overhead", overhead.measure, agent, clouds, source, chosen.show, chosen.quick)
    if clouds and "cold" in wanted:
        results.take("waymark", "cold", measures.cold_start, agent, clouds, chosen.show)
    if "at" in wanted:
        names = ["waymark-at", "bare-at"][:: 1 if index % 2 == 0 else -1]
        for name in names:
            script, count = f"{chosen.peers}/{name}.cjs", 1000 if chosen.quick else 3000
            if os.path.exists(script):
                results.take(name, "at", measures.at_commands, chosen.node, script, count, chosen.show)


def main():
    chosen = options()
    results = Results()
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as work:
        make_certificates(work)
        contenders = [
            measures.Waymark("waymark", chosen.node, chosen.waymark, work),
            measures.Contender("bare", chosen.node, f"{chosen.peers}/bare.cjs", work),
            measures.Contender("min", chosen.node, f"{chosen.peers}/min.cjs", work),
        ]
        if chosen.contender:
            contenders = [c for c in contenders if c.name in chosen.contender]
        wants_cold = {"cold", "overhead"} & set(chosen.only or MEASURES) and any(c.name == "waymark" for c in contenders)
        broker = Broker(work).start()
        clouds = None
        try:
            if wants_cold:
                try:
                    clouds = measures.Clouds(chosen.node, chosen.waymark, work)
                except Exception as error:
                    results.errors.append(f"simulated clouds: {error}")
            for index in range(chosen.rounds):
                print(f"round {index + 1} of {chosen.rounds}", file=sys.stderr, flush=True)
                one_round(index, chosen, contenders, broker, results, clouds)
        finally:
            broker.kill()
            if clouds:
                clouds.stop()

    version = subprocess.run([chosen.node, "--version"], capture_output=True, text=True).stdout.strip()
    run = {
        "date": datetime.date.today().isoformat(),
        "commit": report.commit(),
        "node": version.lstrip("v"),
        "machine": report.machine(),
        "rounds": chosen.rounds,
        "quick": chosen.quick,
        "message_bytes": measures.MESSAGES.size,
        "medians": results.medians(),
        "errors": results.errors,
    }
    document = report.markdown(run)
    print(document)
    if chosen.document and not (chosen.only or chosen.contender):
        with open(chosen.document, "w") as file:
            file.write(document)


if __name__ == "__main__":
    main()
