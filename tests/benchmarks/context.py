"""What all benchmarks of one run share: a folder that goes away at the end, and a site in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from advisor.decision.catalogue import Catalogue
from tests.benchmarks.shipped import FIXTURES

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Context:
    quick: bool
    folder: Path

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 5

    @cached_property
    def data(self) -> Path:
        """The SIGNPOST_DATA of a site with the shipped content."""
        return self.published("shipped", FIXTURES)

    def with_catalogue(self, name: str, catalogue: Catalogue) -> Path:
        """The SIGNPOST_DATA of a site with this content."""
        return self.published(name, self.fixtures(name, catalogue))

    def fixtures(self, name: str, catalogue: Catalogue) -> Path:
        """This content as files that a site loads."""
        fixtures = self.folder / f"{name}-fixtures"
        fixtures.mkdir(exist_ok=True)
        for section, records in catalogue.to_document().items():
            if section in Catalogue.SECTIONS:
                (fixtures / f"{section}.json").write_text(json.dumps(records))
        return fixtures

    def published(self, name: str, fixtures: Path, database: str = "") -> Path:
        """The SIGNPOST_DATA of a site with this content, in a file of its own or in the database of this address."""
        data = self.folder / name
        data.mkdir()
        for command in (
            ["migrate", "--no-input"],
            ["load_content", str(fixtures)],
            ["publish", "--note", "For the benchmarks"],
            ["setup_site"],
        ):
            manage(data, *command, database=database)
        return data

    @cached_property
    def django(self) -> None:
        """Makes Django usable in this process, on the shipped site."""
        os.environ.update(environment(self.data), DJANGO_SETTINGS_MODULE="advisor.settings")
        import django

        django.setup()


def plain_environment() -> dict[str, str]:
    """This process's environment without anything of the site or of anybody's settings.

    Nor without bytecode: whoever installs the site reads its code once, and the start would be a start of the compiler.
    """
    ours = ("SIGNPOST_", "DJANGO_SETTINGS_MODULE", "PORT", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def environment(data: Path, port: int = 8000, database: str = "") -> dict[str, str]:
    """The environment that the site starts in."""
    ours = {"SIGNPOST_ENV_FILE": os.devnull, "SIGNPOST_DATA": str(data), "PORT": str(port)}
    return {**plain_environment(), **ours, **({"SIGNPOST_DATABASE_URL": database} if database else {})}


def manage(data: Path, *arguments: str, database: str = "") -> None:
    """Run a command of manage.py, and show what it said only when it failed."""
    program([sys.executable, "manage.py", *arguments], environment(data, database=database))


def program(command: list[str], env: dict[str, str]) -> str:
    """What it printed. Shows what it said only when it failed."""
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:3])} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout
