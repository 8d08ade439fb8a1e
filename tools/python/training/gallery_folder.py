"""Where the models of tools/gallery are written when they are trained anew. Not run by itself; their train_* scripts import it."""

import argparse
import sys
from pathlib import Path

GALLERY = Path(__file__).resolve().parents[3] / "tools/gallery"


def gallery_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the option -o, for a script that has options of its own; `checked_folder` looks at what it found."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--force", action="store_true", help="write into tools/gallery, whose files are the project's")
    return parser


def checked_folder(options: argparse.Namespace) -> Path:
    """The folder of -o, made where it is not; the gallery itself, whose files are tracked, by --force alone."""
    if options.output.resolve() == GALLERY and not options.force:
        program = Path(sys.argv[0]).name
        sys.exit(f"{program}: -o names tools/gallery, whose files are the project's; name another folder, or say --force")
    options.output.mkdir(parents=True, exist_ok=True)
    return options.output


def output_folder(description: str) -> Path:
    """The folder of a script that has no other options."""
    return checked_folder(gallery_parser(description).parse_args())
