"""How long processes take to start: `python -m benchmarks.start`.

The floor is Python with the three largest libraries loaded and nothing else, in the same run. Counted is the time of
processors until `--help` has been printed, a worker could connect, and a server says that it answers: of the process
itself and, for the server, of its embedded database.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Final

import psutil

from benchmarks.processes import free_port, processor_seconds

ROUNDS: Final = 5
ROOT: Final = Path(__file__).parents[1]


def main() -> None:
    floor = measured(lambda: ended("-c", "import beanie, fastapi, strawberry"))
    sys.stdout.write(f"{'':28}{'seconds':>9}{'of the floor':>14}\n{'three libraries':28}{floor:9.2f}{1:14.1f}\n")
    for title, start in (
        ("allover --help", lambda: ended("cli.py", "--help")),
        ("a worker, loaded", lambda: ended("-c", "import commands; commands.background")),
        ("a server, answering", answering),
    ):
        seconds = measured(start)
        sys.stdout.write(f"{title:28}{seconds:9.2f}{seconds / floor:14.1f}\n")


def measured(start: Callable[[], float]) -> float:
    start()  # compiles what is not compiled yet
    return median(start() for _ in range(ROUNDS))


def ended(*arguments: str) -> float:
    """Of a process that ends by itself."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def answering() -> float:
    """Of a server on an empty folder, until it says that it answers."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "cli.py", "serve", "--port", str(port)]
        environment = {"DATA_FOLDER": folder, "LOG_LEVEL": "WARNING"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                process.stdout.readline()  # of the announcement: it is printed when the server answers
                one = psutil.Process(process.pid)
                return sum(map(processor_seconds, [one, *one.children()]))
            finally:
                process.terminate()
                process.communicate()


if __name__ == "__main__":
    main()
