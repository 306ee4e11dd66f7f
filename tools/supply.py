"""What the site is made of: its parts, their licences, and known holes in them. `make audit` runs all three.

    .venv/bin/python tools/supply.py parts FILE     the list of parts, as CycloneDX has it
    .venv/bin/python tools/supply.py licences       a table of licences; fails on one that is not in licences.toml
    .venv/bin/python tools/supply.py holes          asks the advisory service about each package of the lock

The last exits with 3 when it could not ask: then nothing is known, and nothing is said to be fine.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
PROGRAMS = Path(sys.executable).parent
NOT_ASKED = 3


def main() -> None:
    match sys.argv[1:]:
        case ["parts", file]:
            Path(file).write_text(json.dumps(parts(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
            print(f"Wrote the list of parts to {file}.")
        case ["licences"]:
            print("\n".join(f"{name:<28} {version:<12} {licence}" for name, version, licence in licences("dev")))
            if wrong := [*unknown("run"), *unknown("dev")]:
                sys.exit("\n".join([*wrong, "Read it, then name the licence in requirements/licences.toml."]))
        case ["holes"]:
            sys.exit(ask_for_holes())
        case _:
            sys.exit(__doc__)


def locked(kind: str) -> dict[str, str]:
    """Every package of a lock that is installed here, with its version. Some are for other machines."""
    lock = (REQUIREMENTS / f"{kind}.txt").read_text("utf-8")
    found = dict(re.findall(r"^([\w.-]+)==([^ \\]+)", lock, re.MULTILINE))
    installed = {_plain(package.metadata["Name"]) for package in metadata.distributions()}
    return {name: version for name, version in found.items() if name in installed}


def vendored() -> list[dict[str, str]]:
    files: list[dict[str, str]] = tomllib.loads((REQUIREMENTS / "vendored.toml").read_text("utf-8"))["file"]
    return files


# Parts


def parts() -> dict[str, Any]:
    """What a site is installed from: requirements/run.txt and the files of others in static/. The same each time."""
    command: list[str | Path] = [PROGRAMS / "cyclonedx-py", "environment", "--output-reproducible", PROGRAMS / "python"]
    made = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603  our own tool
    document: dict[str, Any] = json.loads(made.stdout)
    wanted = set(locked("run"))
    ours = [part for part in document["components"] if _plain(part["name"]) in wanted]
    known = {part["bom-ref"] for part in ours}
    document["dependencies"] = [
        {**entry, "dependsOn": [ref for ref in entry.get("dependsOn", []) if ref in known]}
        for entry in document["dependencies"]
        if entry["ref"] in known
    ]
    document["components"] = [*ours, *map(_as_part, vendored())]
    return document


def _as_part(file: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": file["path"],
        "name": file["name"],
        "version": file["version"],
        "purl": file["purl"],
        "licenses": [{"license": {"id": file["licence"]}}],
        "hashes": [{"alg": "SHA-384", "content": base64.b64decode(file["sha384"]).hex()}],
    }


# Licences


def licences(kind: str) -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of each package, then of each file of others. A licence nobody told is empty."""
    rules = _rules()
    for name, version in sorted(locked(kind).items()):
        yield name, version, rules["read"].get(name) or _told(metadata.metadata(name), rules["same"])
    for file in vendored():
        yield file["path"].rpartition("/")[2], file["version"], file["licence"]


def unknown(kind: str) -> Iterator[str]:
    rules = _rules()
    allowed = {*rules["run"], *(rules["dev"] if kind == "dev" else ())}
    for name, version, licence in licences(kind):
        # Of “A OR B” one is enough; of “A AND B” it takes both.
        if not any(set(choice.strip("()").split(" AND ")) <= allowed for choice in licence.split(" OR ")):
            yield f"{name} {version}: the licence “{licence}” is not among those for {kind}.txt."


def _told(told: metadata.PackageMetadata, same: dict[str, str]) -> str:
    classifiers: list[str] = [
        text.rpartition(" :: ")[2] for text in told.get_all("Classifier", []) if text.startswith("License")
    ]
    named: list[str] = [text for key in ("License-Expression", "License") for text in told.get_all(key, [])]
    for text in (*named, *classifiers):
        if text != "UNKNOWN" and "\n" not in text:
            return same.get(text, text)
    return ""


def _rules() -> dict[str, dict[str, str]]:
    return tomllib.loads((REQUIREMENTS / "licences.toml").read_text("utf-8"))


def _plain(name: str) -> str:
    """As the index of packages compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


# Holes


def ask_for_holes() -> int:
    """0: asked about each, and none is known. 1: some are. 3: could not ask about each."""
    command: list[str | Path] = [
        PROGRAMS / "pip-audit",
        "--requirement",
        REQUIREMENTS / "dev.txt",
        "--require-hashes",
        "--disable-pip",
    ]
    command += ["--strict", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)  # noqa: S603  our own tool
    return judge(asked.returncode, asked.stdout, asked.stderr)


def judge(code: int, said: str, complained: str) -> int:
    """pip-audit ends with 0 also when it could ask about nothing, so its list counts, and not its word."""
    try:
        packages = json.loads(said)["dependencies"]
    except (ValueError, KeyError):
        packages = []
    skipped = [package["name"] for package in packages if "vulns" not in package]
    holes = [(package, hole) for package in packages for hole in package.get("vulns", [])]
    for package, hole in holes:
        mended = ", ".join(hole["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {hole['id']}, mended in {mended}")
    if holes:
        return 1
    if not packages or skipped or code:
        reason = complained.strip().splitlines()[-1:] or [f"{len(skipped)} packages were passed over"]
        print(f"Not audited: no network, or the advisory service did not answer ({reason[0]}). Nothing is known.")
        return NOT_ASKED
    print(f"Asked about {len(packages)} packages: no hole is known.")
    return 0


if __name__ == "__main__":
    main()
