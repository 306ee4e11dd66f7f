"""What we install and what we have copied in: each known to the byte, and none older than its last hole."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any, ClassVar

import django
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools import supply

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["run.txt", "dev.txt"]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_one_version_and_its_digests(name: str) -> None:
    lock = (ROOT / "requirements" / name).read_text("utf-8").replace("\\\n", " ")
    entries = [line for line in lock.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    assert len(entries) > 20
    wrong = [
        entry
        for entry in entries
        if not re.match(r"[\w.-]+==[\w.+!-]+( ; [^#]+)?(\s+--hash=sha256:[0-9a-f]{64})+", entry)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host(name: str) -> None:
    lock = (ROOT / "requirements" / name).read_text("utf-8")

    assert not re.search(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", lock)


def test_django_is_not_older_than_its_last_security_release() -> None:
    assert django.VERSION >= (5, 2, 19)


def test_files_of_others_are_the_very_ones_we_took() -> None:
    for file in supply.vendored():
        digest = hashlib.sha384((ROOT / file["path"]).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == file["sha384"], file["path"]
    assert f'version="{supply.vendored()[0]["version"]}"' in (ROOT / "static/js/htmx.min.js").read_text("utf-8")


def test_every_file_of_others_is_named() -> None:
    named = {ROOT / file["path"] for file in supply.vendored()}
    ours = set((ROOT / "static/js").glob("*.js")) - {ROOT / "static/js/htmx.min.js"}

    assert {*(ROOT / "static/fonts").glob("*.woff2"), ROOT / "static/js/htmx.min.js"} == named
    assert not [file for file in ours if len(file.read_text("utf-8")) > 20_000], "is this ours?"


class TestLicences:
    def test_each_is_one_that_we_have_read(self) -> None:
        assert [*supply.unknown("run"), *supply.unknown("dev")] == []

    @pytest.mark.parametrize(
        ("licence", "fine"),
        [
            ("MIT", True),
            ("", False),
            ("AGPL-3.0-only", False),
            ("GPL-3.0-or-later", False),
            ("GPL-3.0-only OR MIT", True),
            ("MIT AND Apache-2.0", True),
            ("MIT AND AGPL-3.0-only", False),
        ],
    )
    def test_one_that_we_have_not_is_refused(self, monkeypatch: pytest.MonkeyPatch, licence: str, fine: bool) -> None:
        monkeypatch.setattr(supply, "licences", lambda kind: iter([("new", "1.0", licence)]))

        assert (list(supply.unknown("run")) == []) is fine


class TestHoles:
    FINE: ClassVar = {"name": "django", "version": "5.2.19", "vulns": []}
    HOLE: ClassVar = {
        "name": "django",
        "version": "5.2.1",
        "vulns": [{"id": "PYSEC-1", "fix_versions": ["5.2.19"], "description": ""}],
    }
    PASSED_OVER: ClassVar = {"name": "django", "skip_reason": "could not be audited"}

    @pytest.mark.parametrize(
        ("code", "packages", "expected", "says"),
        [
            (0, [FINE], 0, "Asked about 1 packages: no hole is known."),
            (1, [HOLE], 1, "django 5.2.1: PYSEC-1, mended in 5.2.19"),
            (0, [FINE, PASSED_OVER], 3, "Not audited: no network"),
            (0, [], 3, "Not audited: no network"),
            (1, [HOLE, PASSED_OVER], 1, "PYSEC-1"),
            (1, None, 3, "Not audited: no network"),
        ],
    )
    def test_no_answer_is_no_good_news(
        self, capsys: pytest.CaptureFixture[str], code: int, packages: Any, expected: int, says: str
    ) -> None:
        said = "" if packages is None else json.dumps({"dependencies": packages, "fixes": []})

        assert supply.judge(code, said, "ERROR: no answer") == expected
        assert says in capsys.readouterr().out


def test_the_list_of_parts_is_for_programs_and_names_what_a_site_runs_on_and_no_tools() -> None:
    """In one test, as making the list takes seconds. Without date and number it is the same each time."""
    parts = supply.parts()

    names = {part["name"].lower() for part in parts["components"]}
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(parts)) is None
    assert {"django", "gunicorn", "htmx.org", "Schibsted Grotesk".lower()} <= names
    assert not {"pytest", "bandit", "mypy"} & names
    assert len(names) == len(supply.locked("run")) + len(supply.vendored())
    assert "serialNumber" not in parts
    assert "timestamp" not in parts["metadata"]
