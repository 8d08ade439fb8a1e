"""Puts the C library into the wheel, whose tag says for which machines: py3-none-manylinux_2_34_x86_64.

SLUICE_LIBRARY names a libsluice.so, or the PREFIX that tools/install or tools/build-library filled. Without it the
checkout around this folder builds the library, for SLUICE_MACHINE (this machine's).
"""

import functools
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
# Nothing is built among the sources.
BUILT = TOP / ".build" / "python"
# Bytes 18 and 19 of an ELF file, as the tags name them.
MACHINES = {62: "x86_64", 183: "aarch64"}


def built() -> Path:
    """The library of this checkout, made again where a source is newer."""
    script = TOP / "tools" / "build-library"
    if not script.exists():
        sys.exit("sluice: no tools/build-library above this folder; set SLUICE_LIBRARY to a libsluice.so or its PREFIX")
    machine = os.environ.get("SLUICE_MACHINE", platform.machine()).replace("x86_64", "x86-64")
    prefix = TOP / ".build" / f"wheel-{machine}"
    made = subprocess.run([script, "--machine", machine, prefix], stdout=sys.stderr)
    if made.returncode:
        sys.exit("sluice: tools/build-library failed: it needs Swift 6.3; or set SLUICE_LIBRARY to a libsluice.so")
    return prefix


@functools.cache
def library() -> Path:
    given = os.environ.get("SLUICE_LIBRARY")
    place = Path(given) if given else built()
    for path in (place, place / "lib" / "libsluice.so"):
        if path.is_file():
            return path.resolve()
    sys.exit(f"sluice: SLUICE_LIBRARY={place} is neither a libsluice.so nor a PREFIX with lib/libsluice.so")


def machine(path: Path) -> str:
    with open(path, "rb") as file:
        head = file.read(20)
    number = int.from_bytes(head[18:20], "little")
    if head[:4] != b"\x7fELF" or number not in MACHINES:
        sys.exit(f"sluice: {path} is no library for {' or '.join(MACHINES.values())}")
    return MACHINES[number]


def version(header: Path) -> str:
    parts = re.findall(r"^#define SLUICE_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", header.read_text(), re.MULTILINE)
    return ".".join(parts)


class WithLibrary(build_py):
    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """The tests of the exporters lie beside them."""
        found = super().find_package_modules(package, package_dir)
        return [module for module in found if not module[1].startswith("test_")]

    def run(self) -> None:
        # A module that is no more would stay in it.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        folder = Path(self.build_lib) / "sluice"
        shutil.copy(library(), folder / "libsluice.so")
        shutil.copy(TOP / "LICENSE", folder / "LICENSE")


class ForAnyPython(bdist_wheel):
    """ctypes asks nothing of the interpreter, so that one wheel is for every version; glibc is 2.33 or later."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", f"manylinux_2_34_{machine(library())}"


class Binary(Distribution):
    def has_ext_modules(self) -> bool:
        return True


BUILT.mkdir(parents=True, exist_ok=True)
setup(
    version=version(TOP / "Sources" / "CSluice" / "include" / "sluice.h"),
    cmdclass={"build_py": WithLibrary, "bdist_wheel": ForAnyPython},
    distclass=Binary,
    options={"build": {"build_base": str(BUILT)}, "egg_info": {"egg_base": str(BUILT)}},
)
