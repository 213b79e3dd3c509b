"""Times commands side by side, in turns, and prints a table in Markdown. Called by benches/compare.

Peak memory takes GNU time (the package `time`); without it those columns say nan.
"""

import argparse
import os
import statistics
import subprocess
import time
from pathlib import Path

GNU_TIME = "/usr/bin/time"


def run(command, stdin, stdout):
    """Wall time of one run in milliseconds."""
    with open(stdin, "rb") as source, open(stdout, "wb") as sink:
        start = time.perf_counter()
        status = subprocess.call(command, stdin=source, stdout=sink)
        elapsed = (time.perf_counter() - start) * 1000
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit status {status}")
    return elapsed


def peak(command, stdin, stdout):
    """Peak memory of one run in MB. By GNU time, since what Python itself takes counts for its children."""
    if not os.path.exists(GNU_TIME):
        return float("nan")
    note = f"{stdout}.peak"
    run([GNU_TIME, "--format=%M", f"--output={note}", *command], stdin, stdout)
    return int(Path(note).read_text()) / 1024


def calls(tools, recipient, kind, verb):
    """The command of each tool; all of them read standard input and write standard output."""
    name = f"x.{kind}"
    commands = {}
    for tool, path in tools.items():
        if tool == "rops":
            commands[tool] = [path, verb, "--format", kind] + (["--age", recipient] if verb == "encrypt" else [])
        else:
            commands[tool] = [path, verb, "--filename-override", name] + (["--age", recipient] if verb == "encrypt" else [])
    return commands


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--recipient", required=True)
    parser.add_argument("--tool", action="append", required=True, help="name=path")
    parser.add_argument("--small-runs", type=int, default=40)
    parser.add_argument("--big-runs", type=int, default=5)
    options = parser.parse_args()
    tools = dict(tool.split("=", 1) for tool in options.tool)
    folder = options.folder
    print(f"| input | | {' | '.join(f'{tool} ms | MB' for tool in tools)} | times faster than "
          f"{' | than '.join(tool for tool in tools if tool != 'cloze')} | memory of sops |")
    print("|" + " --- |" * (3 + 2 * len(tools) + len(tools) - 1))
    for size, runs in [("small", options.small_runs), ("big", options.big_runs)]:
        for kind in ["yaml", "json"]:
            plain = folder / f"{size}.{kind}"
            sealed = {tool: folder / f"{size}.{tool}.{kind}" for tool in tools}
            for verb in ["encrypt", "decrypt"]:
                commands = calls(tools, options.recipient, kind, verb)
                results = {tool: [] for tool in tools}
                memory = dict.fromkeys(tools, 0.0)
                # In turns, so that whatever else the machine does meets all of them.
                for _ in range(runs):
                    for tool, command in commands.items():
                        source, sink = (plain, sealed[tool]) if verb == "encrypt" else (sealed[tool], folder / "out")
                        results[tool].append(run(command, source, sink))
                for tool, command in commands.items():
                    source = plain if verb == "encrypt" else sealed[tool]
                    memory[tool] = max(peak(command, source, folder / "out") for _ in range(3))
                best = {tool: min(found) for tool, found in results.items()}
                middle = {tool: statistics.median(found) for tool, found in results.items()}
                cells = " | ".join(f"{middle[tool]:.1f} (best {best[tool]:.1f}) | {memory[tool]:.1f}" for tool in tools)
                ratios = " | ".join(f"{middle[tool] / middle['cloze']:.1f}" for tool in tools if tool != "cloze")
                share = f"{memory['cloze'] / memory['sops']:.2f}" if "sops" in memory else ""
                print(f"| {size} {kind}, {plain.stat().st_size / 1e6:.3g} MB | {verb} | {cells} | {ratios} | {share} |", flush=True)


main()
