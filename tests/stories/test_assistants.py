"""An assistant at work: a client of the SDK, over standard input and output and over HTTP, and the server as processes
of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.assistants.conversations import text_of, tool_names
from tests.cli.running import COMMAND, RunningServer, allover, environment
