"""Packages of others that load far more than we need of them with each command."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from threading import RLock
from typing import Any


def when_asked(name: str) -> None:
    """Let a package run its `__init__` when a name from there is first asked for. Its modules can be had without.

    `importlib.util.LazyLoader` would not do: to it, the import of a module in the package asks for something, too.
    """
    spec = find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None:
        return
    loader, package = spec.loader, module_from_spec(spec)
    lock, has_begun = RLock(), False

    def __getattr__(wanted: str) -> Any:
        nonlocal has_begun
        with lock:  # another thread that asks meanwhile must not find half of it
            if not has_begun:
                has_begun = True
                loader.exec_module(package)
        try:
            return vars(package)[wanted]
        except KeyError:
            raise AttributeError(f"module {name!r} has no attribute {wanted!r}") from None

    vars(package)["__getattr__"] = __getattr__
    sys.modules[name] = package
