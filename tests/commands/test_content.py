from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from advisor.decision.catalogue import Catalogue, canonical
from advisor.models import Modality, Need, Rule, fixtures
from advisor.models.document import draft_document
from tests.factory import make_document, make_need

pytestmark = pytest.mark.django_db
Load = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of the small sound catalogue, in their dumped form."""
    folder = tmp_path / "content"
    folder.mkdir()
    document = Catalogue.from_document(make_document()).to_document()
    for section in Catalogue.SECTIONS:
        fixtures.file_of(folder, section).write_text(fixtures.to_text(document[section]), encoding="utf-8")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class TestLoadContent:
    def test_loads_every_section(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("load_content", folder)

        assert Catalogue.from_document(draft_document()) == Catalogue.from_document(make_document())
        assert "26 records" in capsys.readouterr().out

    def test_a_dump_gives_the_same_bytes(self, folder: Path, tmp_path: Path) -> None:
        call_command("load_content", folder)
        call_command("dump_content", tmp_path / "dump")

        assert files(tmp_path / "dump") == files(folder)

    def test_a_dry_run_loads_nothing(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("load_content", folder, "--dry-run")

        assert not Need.objects.exists()
        assert "dry run" in capsys.readouterr().out

    def test_if_empty_leaves_a_draft_alone(self, folder: Path, load: Load) -> None:
        load()
        Rule.objects.update(because="Because an editor says so.")

        call_command("load_content", folder, "--if-empty")

        assert Rule.objects.filter(because="Because an editor says so.").count() == 3

    @pytest.mark.drill("F12", "Content files that are broken", expected="file and field are named, nothing is loaded")
    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            pytest.param(b'[{"slug": "x",}]', "needs.json: line 1, column 15", id="syntax"),
            pytest.param(b'[{"slug": "x", "slug": "y"}]', "record y: “slug” stands twice", id="repeated key"),
            pytest.param(b'[\n"\xff"]', "needs.json: line 2: is not UTF-8", id="not UTF-8"),
            pytest.param(b'[{"slug": NaN}]', "needs.json: NaN is no value", id="NaN"),
            pytest.param(b"[" * 100_000, "needs.json: nests too deeply", id="too deep"),
            pytest.param(b" " * 5_000_001, "needs.json: is larger than", id="too large"),
            pytest.param(b"{}", "needs.json: is missing or is not a list", id="no list"),
            pytest.param(b'[{"slug": "x"}]', "needs.json, x: field “name” is missing", id="field missing"),
            pytest.param(b'[{"slug": "x", "nmae": "y"}]', "x: field “nmae” is unknown", id="field misspelt"),
        ],
    )
    def test_a_broken_file_is_named_and_nothing_is_loaded(
        self, folder: Path, load: Load, content: bytes, problem: str
    ) -> None:
        load()
        before = canonical(draft_document())
        (folder / "needs.json").write_bytes(content)

        with pytest.raises(CommandError) as refused:
            call_command("load_content", folder)

        assert problem in str(refused.value)
        assert "Nothing was loaded" in str(refused.value)
        assert canonical(draft_document()) == before

    def test_every_problem_is_named_at_once(self, folder: Path) -> None:
        (folder / "terms.json").unlink()
        (folder / "tools.json").write_text("[")

        with pytest.raises(CommandError) as refused:
            call_command("load_content", folder)

        assert "terms.json: can't be read: No such file" in str(refused.value)
        assert "tools.json: line 1" in str(refused.value)

    def test_a_limit_that_only_the_tables_know_is_named_too(self, folder: Path) -> None:
        needs = [make_need("contract-review", "text", help="x" * 301), *make_document()["needs"][1:]]
        (folder / "needs.json").write_text(json.dumps(needs))

        for arguments in ([], ["--dry-run"]):
            with pytest.raises(CommandError, match=r"needs\.json, contract-review: field “help”: .* at most 300"):
                call_command("load_content", folder, *arguments)


class TestDumpContent:
    def test_is_refused_when_the_draft_can_not_be_read_back(self, load: Load, tmp_path: Path) -> None:
        load()
        Need.objects.update(default_modality=Modality.objects.get(slug="figures"))

        with pytest.raises(CommandError, match="needs, social-posts: default_modality"):
            call_command("dump_content", tmp_path / "dump")

        assert not (tmp_path / "dump").exists()


@pytest.mark.parametrize(
    ("records", "text"),
    [
        pytest.param([], "[]\n", id="empty"),
        pytest.param(
            [{"slug": "a", "words": ["é", "b"]}, {"on_home": True}],
            '[\n  {\n    "slug": "a",\n    "words": ["é", "b"]\n  },\n  {\n    "on_home": true\n  }\n]\n',
            id="short lists on one line",
        ),
        pytest.param(
            [{"words": ["a" * 60, "b" * 60]}],
            f'[\n  {{\n    "words": [\n      "{"a" * 60}",\n      "{"b" * 60}"\n    ]\n  }}\n]\n',
            id="long lists on several",
        ),
    ],
)
def test_to_text(records: list[dict[str, Any]], text: str) -> None:
    assert fixtures.to_text(records) == text
    assert json.loads(text) == records


def test_a_dump_that_fails_leaves_the_files_as_they_were(load: Any, folder: Path) -> None:
    load()
    call_command("dump_content", folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    Need.objects.update(help="Another line.")

    with (
        mock.patch.object(Path, "write_text", side_effect=OSError(28, "No space left on device")),
        pytest.raises(CommandError, match="No space left"),
    ):
        call_command("dump_content", folder)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
