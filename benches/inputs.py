"""Writes the inputs of benches/compare into a folder: 20 values, and 100,000 leaves as YAML and JSON."""

import json
import random
import sys
from pathlib import Path

LEAVES = 100_000


def word(rng, length):
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(length))


def tree(rng, leaves):
    """Maps of ten entries, ten of them to a section; a quarter of the values are numbers."""
    sections = {}
    for number in range(0, leaves, 100):
        groups = {}
        for _ in range(10):
            groups[f"group_{word(rng, 4)}{len(groups)}"] = {
                f"k{entry}{word(rng, 3)}": rng.randrange(10**6) if entry % 4 == 0 else word(rng, 8) for entry in range(10)
            }
        sections[f"section_{number // 100:04}"] = groups
    return sections


def yaml(value, depth, out):
    for key, inner in value.items():
        if isinstance(inner, dict):
            out.append(f"{'  ' * depth}{key}:")
            yaml(inner, depth + 1, out)
        else:
            out.append(f"{'  ' * depth}{key}: {inner}")


def main():
    folder = Path(sys.argv[1])
    rng = random.Random(1)
    small = {f"name_{number:02}": word(rng, 24) for number in range(20)}
    big = tree(rng, LEAVES)
    for name, value in [("small", small), ("big", big)]:
        lines = []
        yaml(value, 0, lines)
        (folder / f"{name}.yaml").write_text("\n".join(lines) + "\n")
        (folder / f"{name}.json").write_text(json.dumps(value, indent=2) + "\n")


main()
