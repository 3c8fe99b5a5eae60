"""Packages whose names load on first use: a process that reads results, or watches a film, should not wait for torch."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def lazily(package: str, where: dict[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of `package` that finds each name in its module; `where`: name to module."""

    def find(name: str):
        if name in where:
            return getattr(import_module(where[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
