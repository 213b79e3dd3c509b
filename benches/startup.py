#!/usr/bin/env python3
"""Lists the functions that cloze runs when it starts and opens a small file, for `startup.ld`.

    CARGO_PROFILE_DIST_STRIP=false RUSTFLAGS="-C link-arg=-Wl,--icf=none" \\
        cargo build --profile dist --target-dir target/startup
    benches/startup.py target/startup/dist/cloze > startup.ld

Needs valgrind, and nm of binutils. A list that has grown old does no harm: what it does not name stays
where the linker puts it.
"""
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

# A pattern takes a whole module where no more than this of it would come along in vain.
RATIO, SLACK = 1.3, 2000

KEYS = Path(__file__).resolve().parent.parent / "testdata" / "keys" / "alice.agekey"
PLAIN = {"s.yaml": "a: b\nc: 1\nd:\n  - x\n", "s.json": '{"a": "b", "c": 1, "d": ["x", true]}\n'}


def executed(program):
    """The symbols that run, in the order of the calls that need them first."""
    recipient = re.search(r"public key: (\S+)", KEYS.read_text())[1]
    with tempfile.TemporaryDirectory() as place:
        environment = {"PATH": os.environ["PATH"], "HOME": place, "SOPS_AGE_KEY_FILE": str(KEYS)}
        for name, text in PLAIN.items():
            Path(place, name).write_text(text)
        encrypt = ["encrypt", "--age", recipient]
        for name in PLAIN:
            args = [program, *encrypt, "--output", f"sealed-{name}", name]
            subprocess.run(args, cwd=place, env=environment, check=True)
        calls = [["--version"], *(["decrypt", f"sealed-{name}"] for name in PLAIN), *([*encrypt, name] for name in PLAIN)]
        seen = {}
        for call in calls:
            trace = ["valgrind", "--tool=callgrind", "--demangle=no", "--callgrind-out-file=trace", program, *call]
            subprocess.run(trace, cwd=place, env=environment, check=True, capture_output=True)
            for symbol in re.findall(r"^c?fn=\(\d+\) (\S+?)(?:'\d+)?$", Path(place, "trace").read_text(), re.M):
                seen.setdefault(symbol)
        return list(seen)


def sizes(program):
    """Bytes of each function."""
    table = subprocess.run(["nm", "--print-size", program], check=True, capture_output=True, text=True).stdout
    lines = (line.split() for line in table.splitlines())
    return {line[3]: int(line[1], 16) for line in lines if len(line) == 4 and line[2] in "tTwW"}


def patterns(symbol):
    """Patterns without hashes that a symbol matches: itself, then the modules around it."""
    whole = re.sub(r"17h[0-9a-f]{16}E(\.llvm\.\d+)?$", "17h*", symbol)
    yield re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", whole)
    if not symbol.startswith("_ZN"):
        return
    names, at = [], 3
    while length := re.match(r"\d+", symbol[at:]):
        at += len(length[0]) + int(length[0])
        names.append(at)
    # The last two are the function and its hash.
    for end in reversed(names[:-2]):
        yield symbol[:end] + "*"


def main(program):
    size, run = sizes(program), executed(program)
    run = [symbol for symbol in run if symbol in size]
    is_run = set(run)
    total, wanted = defaultdict(int), defaultdict(int)
    for symbol, length in size.items():
        for pattern in patterns(symbol):
            total[pattern] += length
            wanted[pattern] += length if symbol in is_run else 0
    chosen = {}
    for symbol in run:
        fitting = [name for name in patterns(symbol) if total[name] <= RATIO * wanted[name] + SLACK]
        chosen.setdefault(fitting[-1] if fitting else next(patterns(symbol)))
    print("/* What runs when cloze starts, side by side, so that the system reads it in a few pieces and not in a")
    print("   hundred. Written by benches/startup.py. */")
    print("SECTIONS {\n  .text.startup_first : {")
    for pattern in chosen:
        print(f"    *(.text*.{pattern})")
    print("  }\n} INSERT BEFORE .text;")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(os.path.abspath(sys.argv[1]))
