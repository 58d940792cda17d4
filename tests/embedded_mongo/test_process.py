"""The server as a process: starting, stopping, keeping what it has acknowledged."""

import os
import signal
import socket
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient, ReturnDocument
from pymongo.errors import ConnectionFailure

from embedded_mongo.process import EmbeddedMongo


def connect(url: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(url, serverSelectionTimeoutMS=2000)


def wait_until_gone(process_id: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the process is still there")


@pytest.mark.parametrize("sync", ["normal", "full"])
def test_what_was_written_is_there_after_a_restart(tmp_path: Path, sync: str) -> None:
    with EmbeddedMongo(tmp_path, options=("--sync", sync)) as server, connect(server.url) as client:
        client["d"]["a"].create_index([("x", 1)], unique=True, partialFilterExpression={"x": {"$gt": 0}})
        client["d"]["a"].insert_many([{"_id": number, "x": number} for number in range(10)])
        client["d"]["a"].update_one({"_id": 3}, {"$set": {"y": 1}})
        client["d"]["a"].delete_one({"_id": 4})
        client["d"]["b"].insert_one({})
        client["d"]["b"].drop()
        before = list(client["d"]["a"].find()), client["d"]["a"].index_information()
    with EmbeddedMongo(tmp_path) as server, connect(server.url) as client:
        assert (list(client["d"]["a"].find()), client["d"]["a"].index_information()) == before
        assert client["d"].list_collection_names() == ["a"]
        client["d"]["a"].insert_one({"_id": 10})
        assert [item["_id"] for item in client["d"]["a"].find()][-2:] == [9, 10]


def test_it_starts_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with EmbeddedMongo(Path("data")) as server, connect(server.url) as client:
        assert client.admin.command("ping")["ok"] == 1
    assert (tmp_path / "data").is_dir()


def test_two_servers_can_not_share_a_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with EmbeddedMongo(tmp_path), pytest.raises(RuntimeError, match="did not start"):
        EmbeddedMongo(tmp_path).start()
    assert "Does another server use it?" in capfd.readouterr().err


def test_a_port_that_is_taken_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeError, match="did not start"):
            EmbeddedMongo(port=port).start()
    assert f"can't listen on port {port}" in capfd.readouterr().err


def test_without_being_started_it_has_no_url() -> None:
    server = EmbeddedMongo()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url
    server.stop()


def test_it_ends_with_the_process_that_started_it() -> None:
    script = (
        "import os, signal\n"
        "from embedded_mongo.process import EmbeddedMongo\n"
        "print(EmbeddedMongo().start().process_id, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False)
    assert parent.returncode == -signal.SIGKILL
    wait_until_gone(int(parent.stdout))


def test_a_second_stop_signal_is_harmless(tmp_path: Path) -> None:
    server = EmbeddedMongo(tmp_path).start()
    process_id = server.process_id
    os.kill(process_id, signal.SIGTERM)
    server.stop()
    wait_until_gone(process_id)


def _write_until_killed(url: str, first: int, acknowledged: Any) -> None:
    """Insert and update one document after the other; report each that was acknowledged."""
    with connect(url) as client:
        things = client["d"]["things"]
        number = first
        try:
            while True:
                things.insert_one({"_id": number})
                things.update_one({"_id": number}, {"$set": {"done": True}})
                acknowledged.send(number)
                number += 1
        except ConnectionFailure:
            acknowledged.close()


def test_a_kill_loses_no_acknowledged_write(tmp_path: Path) -> None:
    context = get_context("fork")
    acknowledged: list[int] = []
    for round_number in range(10):
        server = EmbeddedMongo(tmp_path).start()
        receiver, sender = context.Pipe(duplex=False)
        writer = context.Process(target=_write_until_killed, args=(server.url, round_number * 1_000_000, sender))
        writer.start()
        sender.close()
        received = 0
        while True:
            try:
                acknowledged.append(receiver.recv())
            except EOFError:
                break
            received += 1
            if received == 20 + round_number:
                os.kill(server.process_id, signal.SIGKILL)
        writer.join(10)
        server.stop()
        assert received >= 20
    with EmbeddedMongo(tmp_path) as server, connect(server.url) as client:
        kept = {item["_id"] for item in client["d"]["things"].find({"done": True})}
    assert set(acknowledged) <= kept


def _claim(url: str, claimed: Any) -> None:
    """Claim jobs as a worker does, until there are none."""
    with connect(url) as client:
        jobs = client["d"]["jobs"]
        mine = []
        while job := jobs.find_one_and_update(
            {"open": True},
            {"$set": {"open": False}, "$inc": {"attempts": 1}},
            sort=[("priority", -1)],
            return_document=ReturnDocument.AFTER,
        ):
            mine.append(job["_id"])
        claimed.send(mine)


def test_four_processes_claim_each_job_once() -> None:
    context = get_context("fork")
    with EmbeddedMongo() as server, connect(server.url) as client:
        jobs = client["d"]["jobs"]
        jobs.create_index([("open", 1), ("priority", -1)])
        jobs.insert_many([{"_id": number, "open": True, "priority": number % 10} for number in range(2000)])
        receiver, sender = context.Pipe(duplex=False)
        workers = [context.Process(target=_claim, args=(server.url, sender)) for _ in range(4)]
        for worker in workers:
            worker.start()
        claimed = [number for _ in workers for number in receiver.recv()]
        for worker in workers:
            worker.join()
        assert sorted(claimed) == list(range(2000))
        assert jobs.count_documents({"attempts": 1}) == 2000
