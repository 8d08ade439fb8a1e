"""Virtual environments of the trainers, each with its own pins. Not run by itself; trained.py imports it.

Each sees the packages of the Python that runs reach.py too, so that PyTorch is there once.
"""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

# What a trainer needs beyond its own requirements, or instead of them (--no-deps).
PINS = {
    "darts==0.48.1": ["pytorch-lightning", "onnxscript"],
    "keras==3.15.1": [],
    "gluonts==0.17.0": ["lightning"],
    "neuralforecast==3.3.0": [],
    "neural-amp-modeler==0.13.0": [],
    "rsl-rl-lib==5.5.1": [],
    "sb3-contrib==2.9.2": [],
    # Its requirements are built from C sources for the most part; its models need these alone.
    "medaka==2.2.2": [
        "--no-deps", "pysam==0.23.0", "requests", "certifi", "urllib3", "idna", "charset_normalizer", "intervaltree",
        "sortedcontainers", "cffi", "pycparser", "edlib", "parasail", "toml",
    ],
}  # fmt: skip


def python(folder: Path, pin: str) -> Path:
    """The Python of the environment that has the package of this pin."""
    target = folder / f"{pin}.environment"
    binary = target / "bin" / "python"
    if (target / "done").exists():
        return binary
    venv.create(target, with_pip=True, clear=True)
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([str(binary), "-c", script], check=True, capture_output=True, text=True).stdout.strip()
    (Path(site) / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = [str(binary), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", pin, *PINS[pin]]
    subprocess.run(command, check=True, stdout=sys.stderr)
    (target / "done").touch()
    return binary
