"""Running the server as a child process."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

_PROJECT = Path(__file__).resolve().parent.parent
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


class EmbeddedMongo:
    """The server as a child that ends with this process. Use it as a context manager, or `start` and `stop` it.

    `data` is the folder to keep the data in (None: only in memory), `port` 0 picks a free one.
    """

    def __init__(self, data: Path | None = None, *, port: int = 0, options: tuple[str, ...] = ()) -> None:
        self._arguments = ["--port", str(port), *options]
        if data is not None:
            self._arguments += ["--data", str(data.resolve())]
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The connection string. Raises RuntimeError if the server isn't running."""
        if self._process is None:
            raise RuntimeError("The embedded database is not running: call start() first")
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"

    @property
    def process_id(self) -> int:
        """The child's process id. Raises RuntimeError if it isn't running."""
        if self._process is None:
            raise RuntimeError("The embedded database is not running: call start() first")
        return self._process.pid

    def start(self) -> Self:
        """Start the child and wait until it answers. Raises RuntimeError with what it said if it does not."""
        search_path = os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-m", "embedded_mongo", "--parent", str(os.getpid()), *self._arguments],
            env={**os.environ, "PYTHONPATH": search_path},
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # Ctrl-C in a terminal is for the parent, which still needs the database to end well
        )
        try:
            self._port = self._wait_until_ready(self._process)
        except BaseException:  # also an interruption must not leave the child behind
            self.stop()
            raise
        return self

    def _wait_until_ready(self, process: "subprocess.Popen[str]") -> int:
        assert process.stdout is not None  # noqa: S101  it was asked for above
        watchdog = threading.Timer(_START_SECONDS, process.kill)
        watchdog.start()
        try:
            line = process.stdout.readline()  # empty when the child has ended
        finally:
            watchdog.cancel()
        word, _, port = line.strip().partition(" ")
        if word != "ready":
            raise RuntimeError("The embedded database did not start; its messages are on standard error")
        return int(port)

    def stop(self) -> None:
        """Let the child end, or kill it if it doesn't."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
