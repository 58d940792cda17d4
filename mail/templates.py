"""Mail templates: compiled once, rendered per recipient, with problems told by line and reason."""

from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, Final, cast

from jinja2 import Template as JinjaTemplate
from jinja2 import meta, nodes
from jinja2.exceptions import TemplateSyntaxError

from core.errors import InvalidInput
from mail.limits import MAX_SOURCE, MAX_TAGS, Budget
from mail.sandbox import RenderContext, Sandbox

HTML: Final = Sandbox(autoescape=True)
TEXT: Final = Sandbox(autoescape=False)


class TemplateProblem(InvalidInput):
    """What is wrong with a template, or with the values it was given. `line` counts from 1; None where it is about the
    whole."""

    def __init__(self, line: int | None, reason: str, field: str | None = None) -> None:
        super().__init__(f"Line {line}: {reason}" if line else reason, field)
        self.line = line
        self.reason = reason

    @property
    def extensions(self) -> dict[str, Any]:
        return super().extensions | ({"line": self.line} if self.line else {})


class Template:
    """One compiled source. With `html`, values are escaped. `variables` maps the names that may be used to their
    defaults; None is no default: such a value has to be given wherever it is printed. `most` characters are allowed.

    Raises `TemplateProblem`, with `field`, for source that does not compile or uses names that are not declared.
    """

    def __init__(
        self,
        source: str,
        variables: Mapping[str, Any],
        *,
        html: bool = False,
        field: str | None = None,
        most: int = MAX_SOURCE,
    ) -> None:
        self._defaults = {name: value for name, value in variables.items() if value is not None}
        self._field = field
        environment = HTML if html else TEXT
        if len(source) > most:
            inlined = " with its CSS inlined" if most > MAX_SOURCE else ""
            raise TemplateProblem(None, f"A template has at most {most:,} characters{inlined}", field)
        if source.count("{{") + source.count("{%") > MAX_TAGS:
            raise TemplateProblem(None, f"A template has at most {MAX_TAGS:,} tags", field)
        try:
            tree = environment.parse(source)
            _check_names(tree, variables.keys() | environment.globals.keys(), field)
            self.always_written = _always_written(tree)
            """The names of the variables that it writes whatever the values are."""
            self._template = environment.from_string(tree)
        except TemplateSyntaxError as error:
            raise TemplateProblem(error.lineno, error.message or "it is not valid", field) from None
        except (RecursionError, MemoryError, SyntaxError):
            raise TemplateProblem(None, "Its blocks or brackets are nested too deeply", field) from None

    def render(self, values: Mapping[str, Any]) -> str:
        """Raises `TemplateProblem` where a value is missing or a limit is reached. None counts as missing."""
        given = {name: value for name, value in values.items() if value is not None}
        context = cast(RenderContext, self._template.new_context(self._defaults | given))
        context.budget = budget = Budget()
        pieces = []
        try:
            for piece in self._template.root_render_func(context):
                budget.spend(piece)
                pieces.append(piece)
        # Whatever a template does wrong, from a division by zero to a missing value, is for its author to correct.
        except Exception as error:
            line = _line_of(error.__traceback__, self._template)
            raise TemplateProblem(line, str(error) or type(error).__name__, self._field) from None
        return "".join(pieces)


def _check_names(tree: nodes.Template, declared: Collection[str], field: str | None) -> None:
    used = {name.name for name in tree.find_all(nodes.Name) if name.name == "self"}  # Jinja's own, of no use here
    unknown = (meta.find_undeclared_variables(tree) | used).difference(declared)
    if unknown:
        line = min(name.lineno for name in tree.find_all(nodes.Name) if name.name in unknown)
        raise TemplateProblem(line, f"unknown variables: {', '.join(sorted(unknown))}", field)


def _always_written(tree: nodes.Template) -> frozenset[str]:
    """Those outside of conditions and loops."""
    parts = [part for output in tree.body if isinstance(output, nodes.Output) for part in output.nodes]
    return frozenset(
        node.name
        for part in parts
        if not (isinstance(part, nodes.CondExpr) or part.find(nodes.CondExpr))
        for node in (part, *part.find_all(nodes.Name))
        if isinstance(node, nodes.Name)
    )


def _line_of(traceback: TracebackType | None, template: JinjaTemplate) -> int | None:
    """The line of the source that was running: the innermost frame of the compiled template knows it."""
    line = None
    while traceback:
        if traceback.tb_frame.f_globals.get("__jinja_template__") is template or (
            traceback.tb_frame.f_code.co_filename == template.root_render_func.__code__.co_filename
        ):
            line = template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return line
