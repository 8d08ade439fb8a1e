"""Pinned packages, downloaded and unpacked without being installed. Not run by itself; reach.py imports it."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path


def package(folder: Path, pin: str) -> Path:
    """The unpacked files of a package such as silero-vad==6.2.3."""
    target = folder / pin
    if (target / "done").exists():
        return target
    target.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(target), pin]
    subprocess.run(command, check=True)
    for path in list(target.iterdir()):
        unpack(path, target)
    for path in [*target.rglob("*_onnx*.tar.gz"), *target.rglob("*_model_pt.tar.gz"), *target.rglob("*mesa*.zip")]:
        unpack(path, path.parent / path.name.split(".")[0])
    (target / "done").touch()
    return target


def unpack(path: Path, target: Path) -> None:
    if path.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(target)
    elif path.name.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            archive.extractall(target, filter="data")


def only(folder: Path, pattern: str) -> Path:
    """The one file of this name below the folder."""
    found = sorted(folder.rglob(pattern))
    if len(found) != 1:
        raise FileNotFoundError(f"{len(found)} files {pattern} in {folder}")
    return found[0]
