"""What SpamAssassin has against mail, by local rules alone: what is known of a sender by its network is not asked."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.requirements import require_command

MOST_POINTS: Final = 1.0
"""Of any one rule; five together make a mail spam."""
RULE: Final = re.compile(r"^ *(-?\d+\.\d) ([A-Z0-9_]+) ", re.MULTILINE)
REPORT: Final = "Content analysis details:"
FROM: Final = re.compile(rb"^(>*From )", re.MULTILINE)


def rules_against(messages: Sequence[bytes], home: Path) -> list[Mapping[str, float]]:
    """Of each message, as it leaves, the rules of more than `MOST_POINTS`, with their points. `home` is an empty
    folder. Skips the test where SpamAssassin is not installed."""
    command = [require_command("spamassassin", "spamassassin"), "--local", "--test-mode", "--nocreate-prefs", "--mbox"]
    checked = subprocess.run(
        [*command, "--cf=use_bayes 0"],
        input=b"".join(map(_in_a_mailbox, messages)),
        env={"HOME": str(home), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        capture_output=True,
        check=True,
    )
    reports = checked.stdout.decode(errors="replace").split(REPORT)[1:]
    every_rule = [{name: float(points) for points, name in RULE.findall(report)} for report in reports]
    # There is no line by a server on the way: where that is not said, the report is not read.
    assert [name for rules in every_rule for name in rules if name == "NO_RECEIVED"] == ["NO_RECEIVED"] * len(messages)
    return [{name: points for name, points in rules.items() if points > MOST_POINTS} for rules in every_rule]


def _in_a_mailbox(message: bytes) -> bytes:
    """As a file of many has it (RFC 4155)."""
    lines = message.replace(b"\r\n", b"\n")
    return b"From tests@example.com Thu Jan  1 00:00:00 2026\n" + FROM.sub(rb">\1", lines) + b"\n\n"
