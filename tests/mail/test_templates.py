"""Mail templates: what they render, and what they are refused."""

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import limits
from mail.templates import Template, TemplateProblem


def rendered(source: str, *, html: bool = False, **values: Any) -> str:
    return Template(source, dict.fromkeys(values), html=html).render(values)


def problem(source: str, **values: Any) -> TemplateProblem:
    with pytest.raises(TemplateProblem) as caught:
        rendered(source, **values)
    return caught.value


def test_values_are_put_in() -> None:
    assert rendered("Hi {{ name }}!\n", name="Ada") == "Hi Ada!\n"


def test_html_is_escaped_and_text_is_not() -> None:
    assert rendered("{{ name }}", html=True, name="<b>&") == "&lt;b&gt;&amp;"
    assert rendered("{{ name }}", name="<b>&") == "<b>&"


def test_a_default_stands_in_for_a_value_that_is_missing_or_none() -> None:
    template = Template("Hi {{ name }}", {"name": "there"})
    assert [template.render({}), template.render({"name": None}), template.render({"name": "Ada"})] == [
        "Hi there",
        "Hi there",
        "Hi Ada",
    ]


def test_a_missing_value_is_false_in_a_condition() -> None:
    assert Template("{% if coupon %}Code {{ coupon }}{% else %}No code{% endif %}", {"coupon": None}).render({}) == (
        "No code"
    )


def test_loops_filters_and_arithmetic_work() -> None:
    source = "{% for name, price in rows %}{{ loop.index }}. {{ name|upper }} {{ price * 2 + 1 }}\n{% endfor %}"
    assert rendered(source, rows=[("a", 1), ("b", Decimal("2.5"))]) == "1. A 3\n2. B 6.0\n"
    assert rendered("{{ ['b', 'a']|sort|join(', ') }} {{ 7 % 4 }} {{ 2 ** 8 }} {{ 'a' ~ 1 }}") == "a, b 3 256 a1"


def test_a_key_is_found_before_a_method_of_the_same_name() -> None:
    assert rendered("{{ order.items }}", order={"items": 3}) == "3"


def test_dates_have_a_format() -> None:
    assert rendered("{{ day|date('%-d %B %Y') }} {{ day|date }}", day=date(2026, 3, 3)) == "3 March 2026 2026-03-03"
    assert rendered("{{ day|date }}", day="2026-03-03T09:00:00.000Z") == "2026-03-03"
    assert "Invalid isoformat" in problem("{{ day|date }}", day="soon").reason


@given(st.text())
def test_text_without_tags_is_rendered_as_it_is(text: str) -> None:
    source = text.replace("{", "").replace("\r", "")
    assert rendered(source) == source


@given(st.text())
def test_a_value_is_never_taken_for_a_template(value: str) -> None:
    assert rendered("{{ value }}", value=value) == value


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("one\n{{ two", 2, "unexpected end of template"),
        ("one\n\n{% if %}", 3, "Expected an expression"),
        ("{{ a|shout }}", 1, "No filter named 'shout'"),
        ("\n{{ nmae }} {{ b }}", 2, "unknown variables: b, nmae"),
        ("{% include 'x' %}", 1, "stands alone"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", 1, "write out what it does"),
        ("{% for a in [] recursive %}{% endfor %}", 1, "recursive loops"),
        ("{% set a %}b{% endset %}", 1, "write {% set name = value %}"),
        ("{{ self }}", 1, "unknown variables: self"),
    ],
)
def test_source_that_does_not_compile_is_told_by_line_and_reason(source: str, line: int, reason: str) -> None:
    found = problem(source, a=1)
    assert found.line == line
    assert reason in found.reason
    assert found.status == 400


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("\n{{ name }}", 2, "'name' is undefined"),
        ("{{ shop.owner }}", 1, "no attribute 'owner'"),
        ("{{ shop.plan }}", 1, "is empty (None)"),
        ("{{ 'Plan ' ~ shop.plan }}", 1, "is empty (None)"),
        ("{% for item in name %}{% endfor %}", 1, "'name' is undefined"),
        ("{{ shop }}", 1, "can't be printed"),
        ("{{ range(3) }}", 1, "can't be printed"),
        ("a\nb\n{{ 1 / 0 }}", 3, "division by zero"),
    ],
)
def test_a_mail_never_has_a_hole(source: str, line: int, reason: str) -> None:
    found = problem(source, name=None, shop={"plan": None})
    assert found.line == line
    assert reason in found.reason


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%1000000000d'|format(1) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ 'a'.ljust(10**9) }}",
        "{{ 'a'|center(10**9) }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ 1.5|round(1000000000, 'ceil') }}",
        "{{ day|date('%1000000000d') }}",
        "{{ range(10**9)|list }}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{% for i in range(1000) %}{% for j in range(1000) %}x{% endfor %}{% endfor %}",
        "{% for i in range(1000) %}{% for j in range(1000) %}{% set a = 1 %}{% endfor %}{% endfor %}",
        "{% set a = 'x' %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
        "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
        "{% set a = 'xx' %}" + "{% set a = a|replace('x', a) %}" * 60 + "{{ a }}",
        "{% set a = 'xx' %}" + "{% set a = [a, a]|join(a) %}" * 60 + "{{ a }}",
        "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a ~ '' }}",
        "{% set a = {} %}" + "{% set a = {'a': a, 'b': a} %}" * 60 + "{{ a == {} }}",
        "{% for i in range(1000) %}{{ page }}{% endfor %}",
        "{{ " + "(" * 9_000 + "1" + ")" * 9_000 + " }}",
        "{% for i in [1] %}" * 40 + "{% endfor %}" * 40,
        "{{ 1 }}" * (limits.MAX_TAGS + 1),
        "x" * (limits.MAX_SOURCE + 1),
    ],
)
def test_a_template_that_asks_for_too_much_is_refused_before_it_costs(source: str) -> None:
    started = time.process_time()
    problem(source, day=date(2026, 1, 1), page="x" * 10_000)
    assert time.process_time() - started < limits.MAX_SECONDS


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ [[]]|map(attribute='__class__')|first }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ shop.update({'a': 1}) }}",
        "{{ shop.clear() }}",
        "{{ range.__self__ }}",
        "{{ lipsum() }}",
        "{{ cycler.__init__.__globals__ }}",
    ],
)
def test_python_is_out_of_reach(source: str) -> None:
    problem(source, shop={"a": 1})


def test_a_problem_names_the_field_that_it_is_in() -> None:
    with pytest.raises(TemplateProblem) as caught:
        Template("{{ x }}", {}, field="subject")
    assert (caught.value.field, caught.value.message) == ("subject", "Line 1: unknown variables: x")
