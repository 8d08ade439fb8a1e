"""100,000 random calls, good and bad, in a process that lives through them; SLUICE_SEED chooses others."""

import os
import subprocess
import sys
from pathlib import Path


def test_no_call_ends_the_process(gru, dense, last, words, backward, tmp_path):
    path = tmp_path / "backward.sluice"
    path.write_bytes(backward.source)
    models = [gru.source, dense.source, last.source, words.source, path]
    program, seed = Path(__file__).with_name("fuzz_calls.py"), os.environ.get("SLUICE_SEED", "1")
    ran = subprocess.run([sys.executable, program, "100000", seed, *models], capture_output=True, text=True)
    print(ran.stdout)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "100000 calls" in ran.stdout and "'done'" in ran.stdout
