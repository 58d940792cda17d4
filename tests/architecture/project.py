"""The project's own Python files and modules, for the tests that hold its rules."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

import resolvers

ROOT: Final = Path(__file__).parents[2]
SKIPPED: Final = {"node_modules", "dist", "build"}


def _is_ours(path: Path) -> bool:
    folders = path.relative_to(ROOT).parts[:-1]
    return not any(folder.startswith(".") or folder in SKIPPED for folder in folders)


FILES: Final = sorted(path for path in ROOT.rglob("*.py") if _is_ours(path))
SOURCES: Final = [path for path in FILES if path.relative_to(ROOT).parts[0] != "tests"]


def relative(path: Path) -> str:
    """The id of a parametrized test."""
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def resolver_modules() -> list[ModuleType]:
    return [importlib.import_module(f"resolvers.{found.name}") for found in pkgutil.iter_modules(resolvers.__path__)]
