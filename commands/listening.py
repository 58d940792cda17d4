"""Ports, taken before anything else is started: one that is in use must not touch the data."""

import errno
import socket

from commands.errors import CommandError


def listener(host: str, port: int, otherwise: str) -> socket.socket:
    """Raises `CommandError` where the port can't be had; `otherwise` says how another is chosen."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(f"Port {port} on {host} is in use: stop what uses it, or choose {otherwise}.") from None
        raise CommandError(f"Can't listen on {host} port {port}: {error.strerror or error}.") from None
