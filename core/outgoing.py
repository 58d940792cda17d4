"""Requests to URLs that somebody gave us: never to an address inside, never along a redirect, never without an end.

The name is resolved here, each address is checked, and the connection goes to what was checked: an answer of the DNS
that changes in between (DNS rebinding) changes nothing. The certificate is that of the name. No proxy is used.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

import httpcore
import httpx

from core.errors import InvalidInput, Unavailable

PATIENCE_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 3.0
"""To each of the addresses of a name."""
LARGEST_ANSWER: Final = 64_000
"""Bytes that are read; what comes after them is not waited for."""
LONGEST_URL: Final = 2000
PORTS: Final = {"http": 80, "https": 443}
LARGEST_PORT: Final = 65535
URL: Final = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::([0-9]{1,5}))?([/?][!-~]*)?", re.IGNORECASE | re.ASCII
)
"""A name (or an IPv4 address), a port and a path: no user, no backslash before the path, nothing to be read in two
ways."""

CLOSED: Final[Sequence[IPv4Network | IPv6Network]] = [
    ip_network(network)
    for network in (
        # RFC 6890 and its registries; clouds answer with credentials at 169.254.169.254 and 100.100.100.200.
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # IPv6 that stands for IPv4: compatible, mapped, translated, NAT64 (RFC 6052, 8215), Teredo, 6to4.
        *("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"),
        *("100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
]

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Unreachable(Unavailable):
    """Nobody answered, or not in time: it may be tried again."""


class ClosedAddress(InvalidInput):
    """The name leads to an address that is not for requests from here."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, read once."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}" + ("" if self.port == PORTS[self.scheme] else f":{self.port}")

    @property
    def url(self) -> str:
        return self.origin + self.path


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by their names in lower case; `body` is its first bytes, as many as were asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


def target_of(url: str, trusted: Collection[str] = ()) -> Target:
    """Raises `InvalidInput` for what is not an https URL. An origin that is `trusted` may be http, too."""
    read = URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    scheme, host, port, path = (part or "" for part in read.groups()) if read else ("", "", "", "#")
    number = int(port) if port else PORTS.get(scheme.lower(), 0)
    if not 0 < number <= LARGEST_PORT or "#" in path:
        raise InvalidInput("must be a URL such as https://example.com/path, without a user or a fragment")
    target = Target(scheme.lower(), host.lower(), number, path if path.startswith("/") else f"/{path}")
    if target.scheme != "https" and target.origin not in trusted:
        raise InvalidInput("must begin with https://")
    return target


def is_open(address: str) -> bool:
    """Whether it is a public address, of one machine."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return parsed.is_global and not parsed.is_multicast and not _in_any(parsed, CLOSED)


def _in_any(address: IPv4Address | IPv6Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


async def resolved(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, as the system knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def post(
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    trusted: Collection[str] = (),
    patience: float = PATIENCE_SECONDS,
    backend: httpcore.AsyncNetworkBackend | None = None,
) -> Answer:
    """What the server answers, whatever its status. The operator vouches for the `trusted` origins: they may be inside,
    and speak http.

    `patience`, in seconds, is for all of it together. Raises `InvalidInput` for a URL that is none, `ClosedAddress`,
    and `Unreachable`.
    """
    return await _answered(
        "POST", target_of(url, trusted), content, headers, LARGEST_ANSWER, trusted, patience, backend
    )


async def fetch(
    url: str,
    *,
    most: int,
    trusted: Collection[str] = (),
    patience: float = PATIENCE_SECONDS,
    backend: httpcore.AsyncNetworkBackend | None = None,
) -> Answer:
    """What is at a URL, at most the first `most` bytes and one more: then it is larger. Raises as `post` does."""
    return await _answered("GET", target_of(url, trusted), None, {}, most + 1, trusted, patience, backend)


async def _answered(
    method: str,
    target: Target,
    content: bytes | None,
    headers: Mapping[str, str],
    most: int,
    trusted: Collection[str],
    patience: float,
    backend: httpcore.AsyncNetworkBackend | None,
) -> Answer:
    through = backend or CheckedBackend(resolved, check=target.origin not in trusted)
    try:
        async with (
            asyncio.timeout(patience),
            httpcore.AsyncConnectionPool(ssl_context=_certificates(), network_backend=through) as connections,
        ):
            return await _exchange(connections, method, target, content, headers, most)
    except TimeoutError:
        raise Unreachable(f"{target.host} did not answer within {patience:g} seconds") from None
    except socket.gaierror:
        raise Unreachable(f"{target.host} can't be found: its name has no address") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
        raise Unreachable(f"{target.host} can't be reached: {type(error).__name__}") from None


async def _exchange(
    connections: httpcore.AsyncConnectionPool,
    method: str,
    target: Target,
    content: bytes | None,
    headers: Mapping[str, str],
    most: int,
) -> Answer:
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    sent = [(name, value) for name, value in headers.items()]
    waits = {"timeout": {"connect": CONNECT_SECONDS}}
    async with connections.stream(method, url, headers=sent, content=content, extensions=waits) as response:
        body = bytearray()
        async for part in response.aiter_stream():
            body += part
            if len(body) >= most:
                break
        said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Answer(response.status, said, bytes(body[:most]))


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the addresses that `resolve` gives, after they were checked: to none where one of them is closed."""

    def __init__(
        self, resolve: Resolve, *, check: bool = True, inner: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._resolve = resolve
        self._check = check
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if self._check and not all(map(is_open, addresses)):
            raise ClosedAddress(f"{host} leads to an address that is not public")
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in dict.fromkeys(addresses):
            try:
                return await self._inner.connect_tcp(address, port, *arguments, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


@cache
def _certificates() -> ssl.SSLContext:
    """Whom we trust; reading it takes some twenty milliseconds."""
    return httpx.create_ssl_context()
