"""A sequence goes on while workers are killed and the mail server fails: nobody gets a mail twice, nobody is lost, and
no day has more than its cap."""

import subprocess
import sys


def test_everybody_gets_their_mail_once_whatever_dies() -> None:
    """In a process of its own; the long form is `make chaos`."""
    chaos = [sys.executable, "-m", "tests.chaos.sequences", "--people", "200", "--cap", "170", "--kills", "4"]
    done = subprocess.run(chaos, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
