"""All audits of the npm package graphql-http, recommendations included, against a real server."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.schema.serving.serving import served
from tests.schema.serving.small_company import Desk, application

AUDITS = Path(__file__).parent / "audits"


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
@pytest.mark.skipif(not (AUDITS / "node_modules").exists(), reason="needs `npm ci` in tests/schema/serving/audits")
async def test_every_audit_of_graphql_over_http_passes() -> None:
    async with served(application(Desk(), production=False)) as address:
        process = await asyncio.create_subprocess_exec(
            "node", "run.js", f"http://{address}/graphql", cwd=AUDITS, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    results = json.loads(output)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
