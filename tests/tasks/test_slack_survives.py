"""Workers are killed while they post to Slack: nothing is lost, and what comes twice is what nobody could know of."""

import subprocess
import sys


def test_all_news_arrives_although_workers_are_killed() -> None:
    """In a process of its own."""
    chaos = [sys.executable, "-m", "tests.chaos.slack", "--kills", "2"]
    done = subprocess.run(chaos, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
