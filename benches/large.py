"""Times cloze on large files, and prints a table in Markdown. Called by benches/large."""

import argparse
import filecmp
import random
import subprocess
from pathlib import Path

LEAVES = [250_000, 500_000, 1_000_000]
BYTES = [250_000_000, 500_000_000, 1_000_000_000]
FORMATS = ["yaml", "json", "dotenv", "ini", "toml", "binary"]


def word(rng, length):
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=length))


def entries(rng):
    """Ten entries of a map; a quarter of the values are numbers."""
    return [(f"k{n}{word(rng, 3)}", str(rng.randrange(10**6)) if n % 4 == 0 else word(rng, 8)) for n in range(10)]


def generate(kind, size, path):
    """Sections of ten groups of ten values each where the format has maps in maps; a thousand values
    to a section of INI."""
    rng = random.Random(1)
    if kind == "binary":
        with path.open("wb") as out:
            for _ in range(size // 10**6):
                out.write(rng.randbytes(10**6))
        return
    with path.open("w") as out:
        for group in range(size // 10):
            ten = entries(rng)
            if kind == "yaml":
                if group % 10 == 0:
                    out.write(f"section_{group // 10:05}:\n")
                out.write(f"  group_{group % 10}:\n" + "".join(f"    {key}: {value}\n" for key, value in ten))
            elif kind == "json":
                start = f'  "section_{group // 10:05}": {{\n' if group % 10 == 0 else ""
                end = "    },\n" if group % 10 < 9 else "    }\n  }" + ("\n" if group == size // 10 - 1 else ",\n")
                quoted = (f'      "{key}": {value if value.isdigit() else chr(34) + value + chr(34)}' for key, value in ten)
                out.write(("{\n" if group == 0 else "") + start + f'    "group_{group % 10}": {{\n' + ",\n".join(quoted) + "\n" + end)
                if group == size // 10 - 1:
                    out.write("}\n")
            elif kind == "dotenv":
                out.write("".join(f"K{group}_{key}={value}\n" for key, value in ten))
            elif kind == "ini":
                start = f"[section_{group // 100}]\n" if group % 100 == 0 else ""
                out.write(start + "".join(f"g{group % 100}_{key} = {value}\n" for key, value in ten))
            else:
                quoted = (f"{key} = {value if value.isdigit() else chr(34) + value + chr(34)}\n" for key, value in ten)
                out.write(f"[section_{group // 10}.group_{group % 10}]\n" + "".join(quoted))


def run(command, source, sink):
    """Seconds, seconds of all processors, and peak memory in MB of one run, by GNU time."""
    note = Path(f"{sink}.time")
    with source.open("rb") as stdin, sink.open("wb") as stdout:
        timed = ["/usr/bin/time", "--format=%e %U %S %M", f"--output={note}", *command]
        status = subprocess.call(timed, stdin=stdin, stdout=stdout)
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit status {status}")
    seconds, user, system, kibibytes = map(float, note.read_text().split())
    return seconds, user + system, kibibytes * 1024 / 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--recipient", required=True)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--share", type=int, default=1, help="take only one in so many of the leaves and bytes")
    parser.add_argument("formats", nargs="*", metavar="FORMAT")
    options = parser.parse_args()
    print("| format | leaves | plain MB | sealed MB | | s | CPU s | CPU µs a leaf (ns a byte) | MB of memory | of the plaintext | of the larger file |")
    print("|" + " --- |" * 11)
    for kind in options.formats or FORMATS:
        for size in BYTES if kind == "binary" else LEAVES:
            size //= options.share
            plain, sealed, opened = (options.folder / name for name in ["plain", "sealed", "opened"])
            generate(kind, size, plain)
            types = ["--filename-override", "x", "--input-type", kind, "--output-type", kind]
            for verb, source, sink in [("encrypt", plain, sealed), ("decrypt", sealed, opened)]:
                recipients = ["--age", options.recipient] if verb == "encrypt" else []
                seconds, work, memory = run([options.tool, verb, *types, *recipients], source, sink)
                small, large = (path.stat().st_size / 1e6 for path in [plain, sealed])
                each = work * (1e9 if kind == "binary" else 1e6) / size
                count = "" if kind == "binary" else f"{size:,}"
                print(f"| {kind} | {count} | {small:.1f} | {large:.1f} | {verb} | {seconds:.1f} | {work:.1f} | {each:.2f} | "
                      f"{memory:.0f} | {memory / small:.1f} | {memory / large:.1f} |", flush=True)
            if not filecmp.cmp(plain, opened, shallow=False):
                raise SystemExit(f"{kind}, {size}: another file came back")


main()
