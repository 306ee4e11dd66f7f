"""A page as a visitor without scripts has it: elements to look for, and a form to fill in and send."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.test import Client

from advisor.assets import first_script

VOID = frozenset(["br", "hr", "img", "input", "link", "meta", "col", "wbr"])
INLINE = frozenset(["a", "b", "code", "i", "mark", "small", "span", "strong"])
FORM = "application/x-www-form-urlencoded"
Pairs = list[tuple[str, str]]


class Element:
    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element | str] = []

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str) -> str | None:
        return self.attributes.get(name)

    def has_class(self, name: str) -> bool:
        return name in self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        """All words in it, with single spaces."""
        return " ".join(self._words().split())

    def _words(self) -> str:
        words = "".join(child if isinstance(child, str) else child._words() for child in self.children)
        return words if self.tag in INLINE else f" {words} "

    def walk(self) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Elements of this tag whose attributes have these values: `all("input", name="need")`."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.walk()
            if tag in ("", element.tag) and all(element.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str = "", **attributes: str) -> Element:
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements {tag} {attributes}"
        return found[0]

    def by_id(self, name: str) -> Element:
        return self.one(id=name)

    def of_class(self, name: str) -> list[Element]:
        return [element for element in self.walk() if element.has_class(name)]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(html: str) -> Element:
    """The elements of a page. Fails when an element is not closed where it should be."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root], f"<{reader.open[-1].tag}> is never closed"
    return reader.root


def see(client: Client, address: str, status: int = 200) -> Element:
    response = client.get(address)
    assert response.status_code == status, f"{response.status_code} for {address}"
    return parse(response.content.decode())


def goes_to(client: Client, address: str) -> str:
    """Where this address redirects to."""
    response = client.get(address)
    assert response.status_code == 302, f"{response.status_code} for {address}"
    return str(response["Location"])


def fields(page: Element) -> Pairs:
    """What the page's form would send as it stands."""
    return [
        (control["name"], control.get("value") or "")
        for control in page.one("form").all("input")
        if control.get("type") not in ("radio", "checkbox") or "checked" in control.attributes
    ]


def send(client: Client, page: Element, *ticks: str, untick: tuple[str, ...] = ()) -> str:
    """Tick choices by their id, press Continue, and say where that leads."""
    form = page.one("form")
    for name in ticks:
        control = form.by_id(name)
        if control["type"] == "radio":
            for other in form.all("input", name=control["name"]):
                other.attributes.pop("checked", None)
        control.attributes["checked"] = ""
    for name in untick:
        del form.by_id(name).attributes["checked"]
    sent = urlencode(fields(page))
    if form["method"] == "get":
        return goes_to(client, f"{form['action']}?{sent}")
    response = client.post(form["action"], sent, FORM, headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status_code == 302
    return str(response["Location"])


def choices(page: Element) -> Pairs:
    """Name and value of every choice on offer."""
    inputs = page.one("form").all("input")
    return [(control["name"], control["value"]) for control in inputs if control.get("type") in ("radio", "checkbox")]


def answers(address: str) -> Pairs:
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)


def is_our_script(script: Element) -> bool:
    """A file of ours, or the one text that each page begins with."""
    if "src" in script.attributes:
        return script["src"].startswith("/static/") and not script.text
    return script.attributes == {} and script.text == first_script().text
