"""Workers are killed while they do jobs, and Redis comes and goes: nothing is lost, nothing is in two hands."""

import subprocess
import sys


def test_every_job_is_done_although_workers_are_killed_again_and_again() -> None:
    """In a process of its own; the long form is `make chaos`."""
    chaos = [sys.executable, "-m", "tests.chaos.jobs", "--jobs", "400", "--kills", "6"]
    done = subprocess.run(chaos, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "completed=400, effects=400" in done.stdout
