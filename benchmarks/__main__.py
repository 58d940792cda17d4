"""All benchmarks, one after the other: `python -m benchmarks`, or some by name: `python -m benchmarks interfaces`."""

import subprocess
import sys
from pathlib import Path
from typing import Final

PIECES: Final = {"__init__", "__main__", "load", "processes", "served", "sink", "timing"}


def main() -> None:
    names = sys.argv[1:] or sorted(file.stem for file in Path(__file__).parent.glob("*.py") if file.stem not in PIECES)
    for name in names:
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)


if __name__ == "__main__":
    main()
