"""The real site on a PostgreSQL server of its own, which writes to the disk what it acknowledges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.browser.site import Site, manage, served
from tests.postgres import Cluster, cluster


@dataclass(frozen=True)
class OnPostgreSQL:
    site: Site
    server: Cluster
    address: str

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address) as connection:
            return connection.execute(question.encode()).fetchall()


@contextmanager
def served_on_postgresql(data: Path) -> Iterator[OnPostgreSQL]:
    """Set up from nothing, and served until the end of the block."""
    with cluster() as server:
        address = server.create("signpost")
        data.mkdir(exist_ok=True)
        manage(data, "setup_site", SIGNPOST_DATABASE_URL=address)
        with served(data, SIGNPOST_DATABASE_URL=address) as site:
            yield OnPostgreSQL(site, server, address)
