"""A whole platform as a user starts it: `allover serve` in a process of its own, with its own data folder."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import httpx

PROJECT: Final = Path(__file__).parent.parent.parent
START_SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = 60.0
OWNER: Final = "owner@example.com"
PASSWORD: Final = "a password of the story"


@dataclass(frozen=True, slots=True)
class Platform:
    """The address of a running server."""

    address: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """As a crash does: without a word to the process."""
        self.process.kill()

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.address, headers=headers, timeout=30)


@contextmanager
def served(
    folder: Path,
    *,
    with_owner: bool = True,
    configured: Mapping[str, str] = MappingProxyType({}),
    module: str = "cli",
) -> Iterator[Platform]:
    """The server, from its first answer on. `with_owner` creates one before it starts; `configured` are variables of
    its environment, `module` is what is run."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "DATA_FOLDER": str(folder), "LOG_LEVEL": "WARNING", "PYTHONPATH": str(PROJECT)}
    environment |= configured
    if with_owner:
        _allover(environment, "user", "create", "--email", OWNER, "--role", "owner", "--password-stdin", given=PASSWORD)
    command = [sys.executable, "-m", module, "serve", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}", process)
            yield Platform(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()
            process.communicate(timeout=20)


def graphql(client: httpx.Client, query: str, **variables: Any) -> Any:
    """The data of an answer without errors."""
    answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def ok(response: httpx.Response) -> Any:
    """The JSON of an answer that is no error."""
    assert response.is_success, response.text
    return response.json()


def until(found: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """What is found in the end."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)
    return result


def _allover(environment: Mapping[str, str], *arguments: str, given: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        env=environment,
        input=given,
        text=True,
        check=True,
        capture_output=True,
    )


def _wait_until_healthy(address: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/health").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    process.terminate()
    raise RuntimeError(f"The server did not start:\n{process.communicate()[0]}")
