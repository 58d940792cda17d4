"""`allover serve` with the embedded database: starts, keeps its data, ends, and leaves nothing behind."""

import re
import signal
import socket
from pathlib import Path

import httpx

from tests.cli.running import RunningServer, allover, until


def log_in(server: RunningServer, email: str, password: str) -> str:
    """The token."""
    answer = httpx.post(f"{server.url}/auth/login", json={"email": email, "password": password}).raise_for_status()
    token: str = answer.json()["token"]
    return token


def apps_seen(server: RunningServer, token: str) -> int:
    answer = httpx.get(f"{server.url}/apps", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
    return len(answer.json()["data"])


def password_in(output: str) -> str:
    found = re.search(r"Password[^\n]*?([\w-]{20})", output)
    assert found, output
    return found[1]


def test_a_demonstration_survives_a_restart_and_shows_its_password_once(tmp_path: Path) -> None:
    with RunningServer(tmp_path, "--demo") as server:
        first = server.stop(signal.SIGTERM)
    assert f"{server.url}/graphiql" in first
    assert server.process.returncode == 0
    assert not any(child.is_running() for child in server.children)
    with RunningServer(tmp_path, "--demo") as server:
        token = log_in(server, "owner@example.com", password_in(first))
        assert apps_seen(server, token) == 3
        second = server.stop(signal.SIGINT)
    assert "Password" not in second
    assert server.process.returncode == 0


def test_a_killed_server_starts_again_with_its_data_and_its_tokens(tmp_path: Path) -> None:
    with RunningServer(tmp_path) as server:
        created = allover(tmp_path, "user", "create", "--email", "ann@example.com", "--role", "owner")
        assert "ann@example.com can log in as owner." in created.stdout
        token = log_in(server, "ann@example.com", password_in(created.stdout))
        server.stop(signal.SIGKILL)
        assert server.children
    with RunningServer(tmp_path) as again:
        assert apps_seen(again, token) == 0
        until(lambda: not any(child.is_running() for child in server.children), "the end of the orphan")


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with RunningServer(tmp_path):
        refused = allover(tmp_path, "serve", "--port", "65000")
    assert refused.returncode == 1
    assert "Another server runs on" in refused.stderr


def test_a_port_in_use_is_said_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = allover(tmp_path, "serve", "--port", port)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Port {port} on 127.0.0.1 is in use")
