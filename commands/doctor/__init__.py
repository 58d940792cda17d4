"""`allover doctor`: what is configured, what answers, how fast, and whether work gets done. Shows no secret."""

import asyncio
import json
import sys

from commands.console import OUTPUT
from commands.doctor.configuration import examine_configuration
from commands.doctor.findings import SIGNS, Finding, Mark
from commands.doctor.mail import examine_mail
from commands.doctor.stores import examine_stores
from core.settings import Settings


def examine(settings: Settings, *, as_json: bool = False) -> None:
    """Prints a line per finding, or one JSON object; ends with status 1 where something that is needed fails."""
    findings = [*examine_configuration(settings), *asyncio.run(_answering(settings))]
    is_healthy = not any(finding.mark is Mark.BAD for finding in findings)
    if as_json:
        rows = [{"subject": one.subject, "mark": one.mark, "detail": one.detail} for one in findings]
        OUTPUT.out(json.dumps({"healthy": is_healthy, "findings": rows}, indent=2, ensure_ascii=False), highlight=False)
    else:
        _print(findings)
    if not is_healthy:
        sys.exit(1)


async def _answering(settings: Settings) -> list[Finding]:
    return [*await examine_stores(settings), *await examine_mail(settings)]


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        OUTPUT.print(f"{SIGNS[finding.mark]} {finding.subject:<16}", end="")
        OUTPUT.print(finding.detail, markup=False, highlight=False, soft_wrap=True)
