"""A package that runs its `__init__` when somebody asks it for something, and not when a module of it is imported."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest

from advisor import later


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    folder = tmp_path / "heavypackage"
    folder.mkdir()
    (folder / "light.py").write_text("ANSWER = 42\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(init: str) -> None:
        (folder / "__init__.py").write_text(init)
        later.when_asked("heavypackage")

    yield write
    for name in [name for name in sys.modules if name.startswith("heavypackage")]:
        del sys.modules[name]


def test_its_modules_are_had_without_it(package: Callable[[str], None]) -> None:
    package("raise AssertionError('nobody asked')\n")

    assert import_module("heavypackage.light").ANSWER == 42


def test_what_it_holds_is_there_as_soon_as_somebody_asks(package: Callable[[str], None]) -> None:
    package("from .light import ANSWER\nTWICE = 2 * ANSWER\n")

    asked = import_module("heavypackage")

    assert (asked.TWICE, asked.ANSWER, asked.light.ANSWER) == (84, 42, 42)


def test_what_it_does_not_hold_is_an_error(package: Callable[[str], None]) -> None:
    package("")

    with pytest.raises(AttributeError, match="module 'heavypackage' has no attribute 'missing'"):
        _ = import_module("heavypackage").missing


def test_whoever_asks_while_it_runs_waits_for_the_whole_of_it(
    package: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(threading, "of_test", (begun, go_on), raising=False)
    package("import threading\nthreading.of_test[0].set()\nthreading.of_test[1].wait(30)\nLAST = 7\n")
    asked = import_module("heavypackage")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lambda: asked.LAST)
        assert begun.wait(30)
        second = pool.submit(lambda: asked.LAST)
        go_on.set()

    assert (first.result(), second.result()) == (7, 7)


def test_one_that_runs_already_is_left_alone() -> None:
    later.when_asked("json")

    assert "__getattr__" not in vars(sys.modules["json"])


def test_passkeys_find_all_that_theirs_holds() -> None:
    webauthn = import_module("webauthn")

    assert all(callable(getattr(webauthn, name)) for name in webauthn.__all__)
