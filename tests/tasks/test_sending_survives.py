"""A campaign is sent while workers are killed, the mail server fails and Redis comes and goes: nobody gets it twice,
nobody is lost, and of whom nothing is known is said to be uncertain."""

import subprocess
import sys


def test_a_campaign_reaches_everybody_once_whatever_dies() -> None:
    """In a process of its own; the long form is `make chaos`."""
    chaos = [sys.executable, "-m", "tests.chaos.sending", "--recipients", "1000", "--kills", "4"]
    done = subprocess.run(chaos, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
