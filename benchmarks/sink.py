"""Debian's smtp-sink: a mail server in C that reads mail and forgets it, as fast as it comes."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PATIENCE_SECONDS: Final = 10.0
BACKLOG: Final = "256"
PATHS: Final = "/usr/sbin:/usr/local/sbin"


def found() -> str | None:
    """Where it is, if it is installed (`apt-get install postfix`)."""
    return shutil.which("smtp-sink") or shutil.which("smtp-sink", path=PATHS)


@contextmanager
def smtp_sink(command: str, *options: str) -> Iterator[int]:
    """`command` is its path. The port that it listens on, until the end of the block."""
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    process = subprocess.Popen([command, *user, *options, f"127.0.0.1:{port}", BACKLOG], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
