"""Servers to be measured, each a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def server(module: str, kind: str) -> Iterator[tuple[psutil.Process, int, str]]:
    """`python -m MODULE KIND PORT`: its process, its port, and the line that it printed when it was ready."""
    port = free_port()
    command = [sys.executable, "-m", module, kind, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        wait_for(port)
        try:
            yield psutil.Process(process.pid), port, said
        finally:
            process.terminate()


def processor_seconds(process: psutil.Process) -> float:
    """What it has used of processors so far."""
    times = process.cpu_times()
    return times.user + times.system


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def wait_for(port: int) -> None:
    """Until something listens there."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing listens on port {port}")
