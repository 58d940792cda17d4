"""The server's process: `python -m embedded_mongo --port PORT --data FOLDER`."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import NoReturn

from embedded_mongo.engine import Engine, current_time
from embedded_mongo.expiry import delete_expired
from embedded_mongo.server import Connection, Outbox
from embedded_mongo.storage import Storage

try:
    import uvloop
except ImportError:  # it does not exist everywhere
    uvloop = None  # type: ignore[assignment]  # which is then looked at before it is used

_PARENT_CHECK_SECONDS = 1.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m embedded_mongo",
        description="A database server for development, demos and tests that speaks MongoDB's wire protocol. "
        "It listens on 127.0.0.1 alone and prints `ready PORT` when it answers.",
    )
    parser.add_argument("--port", type=int, default=27017, help="the port to listen on; 0 picks a free one")
    parser.add_argument("--data", type=Path, help="the folder to keep the data in; without it nothing is kept")
    parser.add_argument(
        "--sync",
        choices=("normal", "full"),
        default="normal",
        help="normal survives the death of the process, full also a loss of power",
    )
    parser.add_argument("--ttl-interval", type=float, default=60.0, help="seconds between deletions of what expired")
    parser.add_argument("--parent", type=int, help="stop when this process, which has to be the parent, is gone")
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    logging.basicConfig(format="embedded_mongo: %(levelname)s %(message)s")
    gc.disable()  # it would stop everybody to look for cycles among all documents: 0.1 s for 25,000, and none has any
    try:
        engine = Engine(Storage(arguments.data, sync=arguments.sync))
    except (OSError, sqlite3.Error) as error:
        sys.stderr.write(f"embedded_mongo: can't open {arguments.data}: {error}. Does another server use it?\n")
        return 1
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop else None) as runner:
            runner.run(_serve(engine, arguments))
    except OSError as error:
        sys.stderr.write(f"embedded_mongo: can't listen on port {arguments.port}: {error}\n")
        return 1
    return 0


async def _serve(engine: Engine, arguments: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    outbox = Outbox(engine, _give_up)
    server = await loop.create_server(lambda: Connection(engine, outbox), "127.0.0.1", arguments.port)
    sys.stdout.write(f"ready {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with asyncio.TaskGroup() as group:  # if one of them fails, so does the server
        tasks = [group.create_task(_keep_house(engine, outbox, arguments.ttl_interval))]
        if arguments.parent:
            tasks.append(group.create_task(_watch_parent(arguments.parent, stopped)))
        await stopped.wait()
        for task in tasks:
            task.cancel()
    server.close()
    outbox.flush()
    engine.storage.close()


def _give_up(error: BaseException) -> NoReturn:
    """End at once, without an answer to anybody: what is in memory but not in the file must not be seen."""
    logging.critical("the file can't be written: %s", error)
    logging.shutdown()
    os._exit(1)


async def _keep_house(engine: Engine, outbox: Outbox, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        delete_expired(engine.catalog, current_time())
        engine.cursors.forget_idle()
        outbox.flush()


async def _watch_parent(parent: int, stopped: asyncio.Event) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110  nothing tells a process that its parent has ended
        await asyncio.sleep(_PARENT_CHECK_SECONDS)
    stopped.set()


if __name__ == "__main__":
    sys.exit(main())
