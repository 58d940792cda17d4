"""What a driver asks before and beside its work."""

from itertools import count

from embedded_mongo.commands.registry import Command, command
from embedded_mongo.engine import Engine, current_time
from embedded_mongo.values import MAXIMUM_DOCUMENT_BYTES, Document
from embedded_mongo.wire import MAXIMUM_MESSAGE_BYTES

_VERSION = "7.0.0"
_WIRE_VERSION = 21  # MongoDB 7.0
_MAXIMUM_BATCH = 100_000
_connections = count(1)


@command(
    "hello",
    "isMaster",
    "ismaster",
    options=None,
)
def hello(_: Engine, request: Command) -> Document:
    """A standalone server: no replica set, hence no transactions and no retryable writes.

    What a driver says of itself here, and may say in times to come, changes nothing.
    """
    return {
        "helloOk": True,
        "isWritablePrimary" if request.name == "hello" else "ismaster": True,
        "maxBsonObjectSize": MAXIMUM_DOCUMENT_BYTES,
        "maxMessageSizeBytes": MAXIMUM_MESSAGE_BYTES,
        "maxWriteBatchSize": _MAXIMUM_BATCH,
        "localTime": current_time(),
        "logicalSessionTimeoutMinutes": 30,
        "connectionId": next(_connections),
        "minWireVersion": 0,
        "maxWireVersion": _WIRE_VERSION,
        "readOnly": False,
        "ok": 1.0,
    }


@command("ping")
def ping(_: Engine, __: Command) -> Document:
    return {"ok": 1.0}


@command("buildInfo", "buildinfo")
def build_info(_: Engine, __: Command) -> Document:
    return {
        "version": _VERSION,
        "versionArray": [*map(int, _VERSION.split(".")), 0],
        "gitVersion": "embedded",
        "maxBsonObjectSize": MAXIMUM_DOCUMENT_BYTES,
        "ok": 1.0,
    }


@command("startSession", "endSessions", "refreshSessions")
def sessions(_: Engine, __: Command) -> Document:
    """Sessions hold nothing here: there are no transactions."""
    return {"ok": 1.0}
