"""P3: what would change the advice, and why not the others, against rendering a question page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from advisor.decision.recommend import recommend
from advisor.decision.recommendation import Recommendation
from tests.benchmarks import addresses, report, rounds, visitors
from tests.benchmarks.context import Context
from tests.benchmarks.floors.page_template import renderer
from tests.benchmarks.report import Line
from tests.benchmarks.rounds import Compared
from tests.benchmarks.shipped import shipped_release

VISITORS = 200
RENDERINGS = 100


def run(context: Context) -> list[Line]:
    context.django  # noqa: B018  sets up, as both pages are Django's
    ours = _our_page()
    crowd = _Crowd()
    plain = renderer(30, _size_of_page())
    lines = [_line("a plain template: 30 choices, one include each", crowd.compare(context.rounds, plain), judge=True)]
    as_many = renderer(_choices_of_page(), _size_of_page())
    what = f"a plain template: {_choices_of_page()} choices as on our page of goals, one include each"
    lines.append(_line(what, crowd.compare(context.rounds, as_many), judge=False))
    lines.append(_line("our whole view of the goals", crowd.compare(context.rounds, ours), judge=False))
    return lines


def _line(floor: str, found: Compared, *, judge: bool) -> Line:
    return report.judged(
        "P3",
        f"what would change + why not the others; floor: {floor}",
        report.microseconds(found.figure),
        report.microseconds(found.floor),
        report.times(found.ratio),
        "<= 1x",
        is_met=found.ratio <= 1 if judge else None,
    )


class _Crowd:
    """Visitors who answered every question, other ones in each round."""

    def __init__(self) -> None:
        self.seed = 0
        self.explain()  # warms up

    def explain(self) -> float:
        self.seed += 1
        release = shipped_release()
        advice = [recommend(release, answers) for answers in visitors.many(release, self.seed, VISITORS)]
        return rounds.cpu_per_call([partial(_explain, each) for each in advice])

    def compare(self, count: int, render: Callable[[], object]) -> Compared:
        render()
        return rounds.compare(count, self.explain, lambda: rounds.cpu_per_call([render] * RENDERINGS))


def _explain(advice: Recommendation) -> None:
    assert advice.what_if is not None
    assert advice.why_not is not None


def _our_page() -> Callable[[], object]:
    from django.test import RequestFactory
    from django.urls import resolve
    from django_htmx.middleware import HtmxDetails

    request = RequestFactory(SERVER_NAME="127.0.0.1").get(addresses.GOALS)
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]  # its middleware sets it
    found = resolve(request.path)
    return partial(found.func, request, *found.args, **found.kwargs)


def _page() -> str:
    from django.test import Client

    return Client(SERVER_NAME="127.0.0.1").get(addresses.GOALS).content.decode()


def _size_of_page() -> int:
    return len(_page().encode())


def _choices_of_page() -> int:
    return _page().count('type="checkbox"')
