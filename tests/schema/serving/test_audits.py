"""All audits of the npm package graphql-http, recommendations included, against a real server."""

import asyncio
import json
from pathlib import Path

from tests.requirements import require_command, require_installed
from tests.schema.serving.serving import served
from tests.schema.serving.small_company import Desk, application

AUDITS = Path(__file__).parent / "audits"


async def test_every_audit_of_graphql_over_http_passes() -> None:
    node = require_command("node", package="nodejs")
    require_installed(AUDITS)
    async with served(application(Desk(), production=False)) as address:
        process = await asyncio.create_subprocess_exec(
            node, "run.js", f"http://{address}/graphql", cwd=AUDITS, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    results = json.loads(output)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
