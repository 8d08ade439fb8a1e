"""Where the models of tools/gallery are written when they are trained anew. Not run by itself; their train_* scripts import it."""

import argparse
import sys
from pathlib import Path

GALLERY = Path(__file__).resolve().parents[3] / "tools/gallery"


def output_folder(description: str) -> Path:
    """The folder of the script's option -o, made where it is not; the gallery itself, whose files are tracked, by --force alone."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--force", action="store_true", help="write into tools/gallery, whose files are the project's")
    options = parser.parse_args()
    if options.output.resolve() == GALLERY and not options.force:
        sys.exit(f"{parser.prog}: -o names tools/gallery, whose files are the project's; name another folder, or say --force")
    options.output.mkdir(parents=True, exist_ok=True)
    return options.output
