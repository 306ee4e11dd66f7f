"""Where it is written which static file has which name with a hash in it: once for each version of the code.

Two versions may serve from one folder, and each must find the very files that it was made with.
"""

import functools
import hashlib
from pathlib import Path

from advisor.environment import BASE_DIR


def path(data: Path) -> Path:
    """In the data folder, but not among the static files: it is nobody's to read."""
    return data / "static-names" / f"{_version()}.json"


@functools.cache
def _version() -> str:
    """A checksum over our files, and over the list of the libraries that bring theirs."""
    digest = hashlib.sha256((BASE_DIR / "requirements" / "run.txt").read_bytes())
    for file in sorted(path for path in (BASE_DIR / "static").rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(BASE_DIR)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
