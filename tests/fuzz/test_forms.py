"""Every form of the site, filled in by whoever wants it to break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.conftest import ANSWERS, Undone, World
from tests.fuzz.hostile import MARKER, NAMES, Answer, any_text, check, encoded, tries
from tests.views.markup import FORM, Element, Pairs, parse

pytestmark = pytest.mark.django_db

NEVER_SENT = ("button", "file", "image", "reset")
WITH_ANSWERS = [
    f"/advice/goals/?{ANSWERS}",
    f"/advice/keep/?{ANSWERS}",
    f"/advice/goals/not-listed/?{ANSWERS}",
    f"/advice/useful/?{ANSWERS}",
    f"/advice/wrong/?{ANSWERS}",
    f"/talk/?{ANSWERS}",
    f"/advice/?{ANSWERS}",
    f"/admin/simulator/?{ANSWERS}",
    "/admin/shelf-life/renew/?claim=rules-1&claim=rules-2",
    "/admin/shelf-life/give/?claim=rules-1",
    "/admin/login/",
    "/admin/advisor/rule/add/?copy=1",
    "/admin/advisor/signal/",
]


@dataclass(frozen=True)
class Form:
    page: str
    action: str
    sent: tuple[tuple[str, str], ...]

    @property
    def is_staffs(self) -> bool:
        return self.action.startswith("/admin/")


def forms_of(client: Client, page: str) -> list[Form]:
    """The forms that this page sends by POST, as they stand. Also those that a button sends elsewhere."""
    answer = client.get(page)
    if answer.status_code != 200 or "html" not in answer.get("Content-Type", ""):
        return []
    found = []
    for form in parse(answer.content.decode()).all("form"):
        buttons = [button for button in form.all("button") + form.all("input") if button.get("formmethod") == "post"]
        actions = [form.get("action") or ""] if (form.get("method") or "").lower() == "post" else []
        for action in [*actions, *(button.get("formaction") or "" for button in buttons)]:
            target = urljoin(page, action)
            found.append(Form(page, target, tuple(fields_of(form))))
    return found


def fields_of(form: Element) -> Pairs:
    sent = []
    for control in form.walk():
        name = control.get("name")
        if not name:
            continue
        if control.tag == "select":
            picked = [option for option in control.all("option") if "selected" in option.attributes]
            sent += [(name, option.get("value") or "") for option in picked or control.all("option")[:1]]
        elif control.tag == "textarea":
            sent.append((name, control.text))
        elif control.tag in ("button", "input") and control.get("type") not in NEVER_SENT:
            sent.append((name, control.get("value") or ""))
    return sent


@pytest.fixture
def forms(world: World) -> list[Form]:
    anybody = Client()
    pages = [*world.public, *world.staff, *WITH_ANSWERS]
    found = [
        form
        for page in pages
        for form in forms_of(world.browser if page.startswith("/admin/") and "login" not in page else anybody, page)
        if not form.action.startswith("/admin/logout/")
    ]
    return list({(form.action, tuple(name for name, _ in form.sent)): form for form in found}.values())


def post(client: Client, form: Form, sent: Pairs, **more: Any) -> Answer:
    path, query = urlsplit(form.action).path, urlsplit(form.action).query
    address = f"{path}?{query}" if query else path
    try:
        answer = client.post(address, encoded(sent), FORM, headers={"Sec-Fetch-Site": "same-origin"}, **more)
    except Exception as error:
        raise AssertionError(f"POST {form.action} {sent}") from error
    return Answer(answer.status_code, dict(answer.headers), answer.getvalue())


def changed(data: st.DataObject, sent: Pairs) -> Pairs:
    """Some fields say something else, come twice, or are gone; and something comes that no field is for."""
    result = list(sent)
    for place in data.draw(st.sets(st.integers(0, max(len(sent) - 1, 0)), max_size=4)):
        if place >= len(sent):
            continue
        name, value = sent[place]
        what = data.draw(st.sampled_from(["say", "say", "say", "twice", "drop", "rename"]))
        if what == "drop":
            result = [pair for pair in result if pair != (name, value)]
        elif what == "twice":
            result.append((name, data.draw(any_text)))
        elif what == "rename":
            result.append((name + data.draw(st.sampled_from(["__in", "__regex", "[]", "-0", "_0", "\x00"])), value))
        else:
            result = [(own, data.draw(any_text) if (own, said) == (name, value) else said) for own, said in result]
    return result + data.draw(st.lists(st.tuples(st.sampled_from(NAMES), any_text), max_size=2))


@given(data=st.data())
@tries(120)
def test_a_form_of_visitors_is_answered(forms: list[Form], undone: Undone, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from([form for form in forms if not form.is_staffs or "login" in form.action]))
    sent = changed(data, list(form.sent))

    with undone():
        answer = post(Client(), form, sent)

    check(answer, f"POST {form.action} {sent}")


@given(data=st.data())
@tries(120)
def test_a_form_of_the_admin_is_answered(world: World, forms: list[Form], undone: Undone, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from([form for form in forms if form.is_staffs]))
    sent = changed(data, list(form.sent))

    with undone():
        answer = post(world.browser, form, sent)

    check(answer, f"POST {form.action} {sent}")


def test_a_marker_in_every_field_of_every_form_comes_back_escaped(
    world: World, forms: list[Form], undone: Undone
) -> None:
    assert sum(form.is_staffs for form in forms) > 40  # so that this does not pass for want of any
    assert {form.action for form in forms} >= {
        "/advice/keep/",
        "/advice/useful/",
        "/advice/wrong/",
        "/advice/goals/find/",
    }
    for form in forms:
        sent = [
            (name, value if name in ("csrfmiddlewaretoken", "_save", "action") else MARKER) for name, value in form.sent
        ]
        with undone():
            answer = post(world.browser if form.is_staffs else Client(), form, sent)
        check(answer, f"POST {form.action} {sent}")


@given(
    form=st.sampled_from(["xlsx", "json"]),
    cut=st.floats(0, 1),
    spoilt=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=8),
    name=any_text,
)
@tries(40)
def test_a_spoilt_file_is_refused_or_taken(
    world: World, undone: Undone, form: str, cut: float, spoilt: list[tuple[float, bytes]], name: str
) -> None:
    whole = world.browser.get(f"/admin/import-export/draft.{form}").content
    content = bytearray(whole[: int(len(whole) * cut)] if cut < 0.7 else whole)
    for place, piece in spoilt:
        start = int(place * len(content))
        content[start : start + len(piece)] = piece

    with undone():
        file = SimpleUploadedFile(f"{name}.{form}" if name.strip(" ./\x00") else f"draft.{form}", bytes(content))
        answer = world.browser.post("/admin/import-export/", {"file": file})

    assert answer.status_code in (302, 400, 422)
    check(Answer(answer.status_code, dict(answer.headers), answer.content), f"{form} {cut} {spoilt} {name!r}")
