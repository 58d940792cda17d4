"""The table of commands and the checks that all of them share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from embedded_mongo.engine import Engine
from embedded_mongo.errors import MongoError, refuse_others, refused
from embedded_mongo.values import Document, decode, type_name


@dataclass(frozen=True, slots=True)
class Command:
    """One command with its options. `documents` holds the BSON of lists that came beside the body."""

    name: str
    body: Document
    documents: dict[str, list[bytes]] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return str(self.body.get("$db", "admin"))

    @property
    def collection(self) -> str:
        """The collection the command is for. Raises MongoError 73 if it isn't named."""
        name = self.body[self.name]
        if type(name) is not str:
            raise MongoError(73, f"collection name has invalid type {type_name(name)}")
        return name

    def option(self, name: str, *kinds: type, default: Any = None) -> Any:
        """An option, which has to be of one of the types. Raises MongoError 14."""
        value = self.body.get(name)
        if value is None:
            return default
        if type(value) not in kinds:
            raise MongoError(14, f"BSON field '{self.name}.{name}' is the wrong type '{type_name(value)}'")
        return value

    def statements(self, name: str, required: tuple[str, ...] = ()) -> list[Document]:
        """The list `name` of a command, decoded, wherever in the message it came, each with the `required` fields."""
        raws = self.documents.get(name)
        found = self.body.get(name, []) if raws is None else [decode(raw) for raw in raws]
        if type(found) is not list or not found or any(type(item) is not dict for item in found):
            raise MongoError(14, f"BSON field '{self.name}.{name}' has to be an array of objects that is not empty")
        for item in found:
            for field_name in required:
                if field_name not in item:
                    raise MongoError(
                        40414, f"BSON field '{self.name}.{name}.{field_name}' is missing but a required field"
                    )
        return found


Handler = Callable[[Engine, Command], Document]

_GENERAL_OPTIONS = frozenset(
    {"$db", "lsid", "$clusterTime", "$readPreference", "readConcern", "writeConcern", "maxTimeMS", "comment"}
)
_TRANSACTION_OPTIONS = ("txnNumber", "autocommit", "startTransaction")
_KNOWN_TO_MONGODB = frozenset(
    [
        "abortTransaction",
        "analyze",
        "autoSplitVector",
        "balancerStatus",
        "bulkWrite",
        "cloneCollectionAsCapped",
        "collMod",
        "collStats",
        "commitTransaction",
        "compact",
        "connectionStatus",
        "connPoolStats",
        "convertToCapped",
        "createRole",
        "createSearchIndexes",
        "createUser",
        "currentOp",
        "dataSize",
        "dbHash",
        "dbStats",
        "dropSearchIndex",
        "dropUser",
        "explain",
        "filemd5",
        "fsync",
        "getClusterParameter",
        "getCmdLineOpts",
        "getLog",
        "getParameter",
        "grantRolesToUser",
        "hostInfo",
        "isSelf",
        "killAllSessions",
        "killOp",
        "killSessions",
        "listCommands",
        "listSearchIndexes",
        "lockInfo",
        "logout",
        "logRotate",
        "mapReduce",
        "planCacheClear",
        "profile",
        "reIndex",
        "renameCollection",
        "replSetGetStatus",
        "rolesInfo",
        "saslContinue",
        "saslStart",
        "serverStatus",
        "setIndexCommitQuorum",
        "setParameter",
        "setProfilingLevel",
        "shutdown",
        "top",
        "updateSearchIndex",
        "usersInfo",
        "validate",
        "whatsmyuri",
    ]
)
_commands: dict[str, tuple[Handler, frozenset[str] | None]] = {}


def command(*names: str, options: str | None = "") -> Callable[[Handler], Handler]:
    """Register a handler under its names, with the options (separated by blanks) it knows beside the general ones.

    Other options are refused; None stands for all.
    """

    def register(handler: Handler) -> Handler:
        for name in names:
            known = None if options is None else frozenset({name, *options.split()}) | _GENERAL_OPTIONS
            _commands[name] = (handler, known)
        return handler

    return register


def run(engine: Engine, request: Command) -> Document:
    """Run a command. Raises MongoError 59 for an unknown one, 238 for what is not done here."""
    if request.name not in _commands:
        if request.name in _KNOWN_TO_MONGODB:
            raise refused(f"command {request.name}")
        raise MongoError(59, f"no such command: '{request.name}'")
    handler, options = _commands[request.name]
    for name in _TRANSACTION_OPTIONS:
        if name in request.body:
            raise refused("a transaction")
    if options is not None:
        refuse_others(request.body, options, request.name)
    _check_concerns(request)
    return handler(engine, request)


def _check_concerns(request: Command) -> None:
    read: Any = request.option("readConcern", dict, default={}).get("level", "local")
    if read not in ("local", "available", "majority"):
        raise refused(f"read concern {read}")
    acknowledged_by = request.option("writeConcern", dict, default={}).get("w", 1)
    if acknowledged_by not in (0, 1, "majority"):
        raise MongoError(2, "cannot use 'w' > 1 when a host is not replicated")
