"""`docs/operations.md` names what there is: metrics, what is logged, what deletes itself."""

import ast
import re
from typing import Final

import pytest

from core.measurements import REGISTRY
from core.settings import Settings
from models import DOCUMENTS
from tests.architecture.project import ROOT, SOURCES, relative, tree_of

PAGE: Final = (ROOT / "docs" / "operations.md").read_text()
LOGGED_FROM: Final = {"core", "mail", "resolvers", "rest_compat", "schema", "tasks"}


def logged_events() -> set[str]:
    """First arguments of `log.…(…)`."""
    return {
        str(node.args[0].value)
        for path in SOURCES
        if relative(path).split("/")[0] in LOGGED_FROM
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
        and isinstance(node.args[0], ast.Constant)
    }


def test_names_every_metric_of_ours() -> None:
    ours = {family.name for family in REGISTRY.collect() if family.name.startswith("allover_")}
    assert {name for name in ours if f"`{name}`" not in PAGE} == set()


def test_names_no_metric_that_there_is_not() -> None:
    families = {family.name for family in REGISTRY.collect()}
    assert set(re.findall(r"`(allover_\w+)`", PAGE)) <= families


def test_explains_what_is_logged() -> None:
    assert {event for event in logged_events() if f"`{event}`" not in PAGE} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_says_how_long_is_kept_what_deletes_itself(document: type) -> None:
    settings = document.Settings  # type: ignore[attr-defined]
    if any("expireAfterSeconds" in index.document for index in settings.indexes):
        assert re.search(rf"^\| .*`{settings.name}`", PAGE, re.MULTILINE)


def test_names_settings_that_there_are() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    named = {name for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)", PAGE) if not name.startswith("OTEL_")}
    assert named - settings == set()


def test_its_references_lead_somewhere() -> None:
    anchors = {
        re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= anchors
