"""What a program may ask: docs/reference/openapi.json, held against the site by what it allows and what it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from advisor.wsgi import application
from tests.fuzz.conftest import Undone, World
from tests.fuzz.hostile import Answer, check, tries

pytestmark = pytest.mark.django_db

FILE = Path(__file__).resolve().parents[2] / "docs/reference/openapi.json"
PATHS = sorted(json.loads(FILE.read_text())["paths"])
KNOWN = {"industry": "other", "need": ["contract-review"], "modality": ["text"], "fact": ["none"], "format": "json"}
# A slug that no release knows is no mistake of form: it is left out with a notice, or the answers are incomplete.
LEFT_OUT: Any = [negative_data_rejection, positive_data_acceptance]
PLAIN = {"Accept-Encoding": "identity", "Accept": "application/json"}


def cases(path: str) -> st.SearchStrategy[Case[Any]]:
    schema: Any = schemathesis.openapi.from_path(FILE)
    schema.app = application
    operation = schema[path]["GET"]
    found: list[st.SearchStrategy[Case[Any]]] = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
    return st.one_of(found)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_one_that_the_description_names(world: World, undone: Undone, path: str) -> None:
    kept = next(found for found in world.public if found.startswith("/r/") and "unknown" not in found).split("/")[2]

    seen = set()

    @given(case=cases(path), known=st.booleans())
    @tries(40)
    def ask(case: Case[Any], known: bool) -> None:
        if known and "token" in case.path_parameters:
            case.path_parameters["token"] = kept
        if known and path.startswith("/advice/"):
            case.query.update(KNOWN)
        with undone():
            response = case.call(headers=PLAIN)

        seen.add(response.status_code)
        case.validate_response(response, excluded_checks=LEFT_OUT)
        check(
            Answer(
                response.status_code,
                {name.title(): value[0] for name, value in response.headers.items()},
                response.content,
            ),
            str(case.query),
        )

    ask()

    assert 200 in seen
