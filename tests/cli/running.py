"""`allover` as a person runs it: a process of its own, on a data folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx
import psutil

COMMAND: Final = (sys.executable, str(Path(__file__).parents[2] / "cli.py"))
PATIENCE_SECONDS: Final = 60.0


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the developer's own configuration."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"DATA_FOLDER": str(folder), "LOG_LEVEL": "WARNING", "COLUMNS": "200"}


def allover(folder: Path, *arguments: str, given: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; `given` is its standard input."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(folder) | settings,
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def until(condition: Callable[[], bool], what: str) -> None:
    """Waits for it to be true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {PATIENCE_SECONDS} s")
        time.sleep(0.05)


class RunningServer:
    """`allover serve` until the end of the block."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._arguments = ("serve", "--port", str(port), *arguments)
        self._folder = folder

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [*COMMAND, *self._arguments],
            env=environment(self._folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        until(self._answers, "an answer of the server")
        self.children = psutil.Process(self.process.pid).children()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)

    def stop(self, number: signal.Signals) -> str:
        """What it had printed."""
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return output

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.process.communicate()[0]}")
        try:
            return httpx.get(f"{self.url}/health").is_success
        except httpx.TransportError:
            return False
