"""W1: every page of the editors' workplace, with 600 rules and 100,000 saved results, warm and right after an edit.

Processor time is judged: the database is in this process, so on a machine without other work it is the clock's too.

Run as a program it measures one site and prints JSON: each site needs a process of its own.
"""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from statistics import median
from typing import Any
from urllib.parse import urlencode

from advisor.decision.answers import Answers
from advisor.decision.catalogue import Catalogue, Example, Source, Term
from advisor.decision.recommend import recommend
from advisor.decision.release import Release
from advisor.decision.storedform import to_stored
from tests.benchmarks import report, tables
from tests.benchmarks.context import ROOT, Context, environment
from tests.benchmarks.report import Line

LIMIT = 1.0
ROUNDS = 3
SHOWN = 0.1
"""Pages that answer within this share one line."""

SOURCES, TERMS, EXAMPLES = 150, 60, 30


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of everything there is. `answers`: how many different ones the saved results have."""

    size: tables.Size
    results: int
    answers: int
    others: int


SMALL = Amount(tables.SIZES[0], 300, 100, 120)
LARGE = Amount(tables.SIZES[1], 100_000, 20_000, 3000)
QUICK = Amount(tables.SIZES[1], 5000, 1000, 300)


def run(context: Context) -> list[Line]:
    few = _measured(context, "workplace-small", SMALL)
    amount = QUICK if context.quick else LARGE
    many = _measured(context, "workplace-large", amount)
    few.pop("steps")
    steps = many.pop("steps")
    pages = sorted(many.items(), key=lambda item: -_slower(item[1]))
    fast = [name for name, page in pages if _slower(page) <= SHOWN]
    return [
        *(_line(name, page) for name, page in pages if _slower(page) > SHOWN),
        _judged(f"the other {len(fast)} pages of the workplace", f"<= {SHOWN * 1e3:.0f} ms", is_met=True),
        _growth(few, many),
        _judged(
            f"counting what changes of {amount.results:,} kept results: the slowest of {len(steps)} steps",
            f"{report.milliseconds(max(steps))}; all of them {sum(steps):.0f} s",
            is_met=max(steps) <= LIMIT,
        ),
    ]


def _slower(page: dict[str, Any]) -> float:
    return max(float(page["warm"]), float(page["edited"]))


def _line(name: str, page: dict[str, Any]) -> Line:
    figure = f"{report.milliseconds(page['warm'])}; {report.milliseconds(page['edited'])}"
    clock = f"{report.milliseconds(page['warm_clock'])}; {report.milliseconds(page['edited_clock'])}"
    what = f"{name}: warm; right after an edit ({page['queries']} SQL; by the clock {clock})"
    return _judged(what, figure, is_met=_slower(page) <= LIMIT)


def _growth(few: dict[str, Any], many: dict[str, Any]) -> Line:
    more = [name for name, page in many.items() if name in few and page["queries"] > few[name]["queries"]]
    what = f"pages that take more SQL with 600 rules than with 60, of {len(many)}"
    return _judged(what, f"{len(more)} {' '.join(more)}".strip(), is_met=not more, asked="none")


def _judged(what: str, figure: str, *, is_met: bool, asked: str = f"<= {LIMIT:g} s") -> Line:
    return report.judged("W1", what, figure, "-", "-", asked, is_met=is_met)


def _measured(context: Context, name: str, amount: Amount) -> dict[str, Any]:
    data = context.with_catalogue(name, catalogue(amount.size))
    command = [sys.executable, "-m", "tests.benchmarks.workplace", json.dumps(dataclasses.asdict(amount))]
    command.append(str(ROUNDS))
    done = subprocess.run(command, cwd=ROOT, env=environment(data), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def catalogue(size: tables.Size) -> Catalogue:
    """A random one that can be published, with as many sources, words and examples as the shipped one."""
    random = Random(1)
    drawn = tables.catalogue(size, agreeing=True)
    sources = tuple(
        Source(
            slug=f"source-{number}",
            title=f"Source {number}",
            publisher="A publisher",
            url=f"https://example.org/{number}",
        )
        for number in range(SOURCES)
    )

    def cited(records: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [source.slug for source in sources]
        return tuple(dataclasses.replace(record, sources=tuple(sorted(random.sample(names, 3)))) for record in records)

    terms = tuple(
        Term(slug=f"term-{number}", name=f"Term {number}", meaning="What it means.", **tables.CLAIM)
        for number in range(TERMS)
    )
    claims = {name: cited(getattr(drawn, name)) for name in ("categories", "rules", "gates", "caveats", "tools")}
    whole = dataclasses.replace(drawn, sources=sources, terms=cited(terms), **claims)
    release = Release.of_draft(whole)
    examples = []
    for number, answers in enumerate(some_answers(whole, EXAMPLES)):
        advice = recommend(release, answers)
        examples.append(
            Example(
                slug=f"example-{number}",
                name=f"Example {number}",
                answers=urlencode(answers.pairs()),
                category=advice.headline.category.slug,
            )
        )
    return dataclasses.replace(whole, examples=tuple(examples))


def some_answers(catalogue: Catalogue, number: int, seed: int = 2) -> Iterator[Answers]:
    random = Random(seed)
    industries, needs, facts = (
        [entry.slug for entry in entries]
        for entries in (catalogue.industries, catalogue.needs, catalogue.circumstances)
    )
    for _ in range(number):
        yield Answers(
            industry=random.choice(industries),
            needs=tuple(random.sample(needs, random.randint(1, 4))),
            modalities=(random.choice(catalogue.modalities).slug,),
            circumstances=tuple(random.sample(facts, random.randint(0, 3))),
        )


def main() -> None:
    amount, rounds = json.loads(sys.argv[1]), int(sys.argv[2])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisor.settings")
    import django

    django.setup()
    client = _filled(amount["results"], amount["answers"], amount["others"])
    found: dict[str, Any] = {name: _page(client, path, rounds) for name, path in _paths(client).items()}
    print(json.dumps({**found, "steps": list(_steps(client))}))


def _filled(results: int, different: int, others: int) -> Any:
    """Puts in what visitors and editors leave behind. Gives a client that is signed in and may do everything."""
    from django.contrib.admin.models import CHANGE, LogEntry
    from django.contrib.auth.models import User
    from django.contrib.contenttypes.models import ContentType
    from django.test import Client
    from django.utils import timezone

    from advisor import published
    from advisor.models import AuditEntry, Enquiry, Rule, SavedResult, Signal

    now, current = timezone.now(), published.current()
    answers = list(some_answers(current.catalogue, different, seed=3))
    documents = [bytes(to_stored(recommend(current, one))) for one in answers[:200]]
    queries = [urlencode(one.pairs()) for one in answers]
    batch = 5000
    for start in range(0, results, batch):
        SavedResult.objects.bulk_create(
            SavedResult(
                release_id=1,
                answers=queries[number % different],
                document=documents[number % len(documents)],
                token_hash=secrets.token_hex(32),
                saved_at=now - timedelta(minutes=number),
                expires_at=now + timedelta(days=365),
            )
            for number in range(start, min(start + batch, results))
        )
    editor = User.objects.create_superuser("ada", "ada@example.org", secrets.token_urlsafe())
    rules = list(Rule.objects.all())
    kind = ContentType.objects.get_for_model(Rule)
    for number in range(others):
        rule = rules[number % len(rules)]
        AuditEntry.write("Changed", by=editor, on=rule, changes={"because": ("Before.", "After.")})
        Enquiry.objects.create(
            contact=f"visitor-{number}@example.org", message="A question", consent="I agree.", form_digest=str(number)
        )
    LogEntry.objects.bulk_create(
        LogEntry(
            user=editor,
            content_type=kind,
            object_id=str(rules[number % len(rules)].pk),
            object_repr="rule",
            action_flag=CHANGE,
            change_message='[{"changed": {"fields": ["Because"]}}]',
        )
        for number in range(others)
    )
    Signal.objects.bulk_create(
        Signal(
            kind=Signal.Kind.values[number % len(Signal.Kind.values)],
            vote=Signal.Vote.NO,
            release_id=1,
            answers=queries[number % different],
            industry=current.catalogue.industries[number % len(current.catalogue.industries)].slug,
            once=secrets.token_hex(32),
        )
        for number in range(others)
    )
    late = timezone.localdate() - timedelta(days=400)
    for rule in rules[::6]:  # overdue, and not as published
        Rule.objects.filter(pk=rule.pk).update(checked_on=late, review_by=late, because="A new reason.")
    Rule.objects.filter(pk=rules[7].pk).update(
        category_id=Rule.objects.exclude(category=rules[7].category)[0].category_id
    )
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(editor)
    return client


def _paths(client: Any) -> dict[str, str]:
    """Every page that answers to GET: of each table first and last page, a form to add and a record's; all others."""
    from django.apps import apps

    from advisor.models import Rule, SavedResult
    from tests.test_roles import STAFF, table_routes

    numbers = {}
    for model in apps.get_models():
        record = model._default_manager.order_by("pk").last()
        if record is not None:
            numbers[str(model._meta.model_name)] = record.pk
    found: dict[str, str] = {}
    for route, (model, page) in table_routes().items():
        number = numbers.get(str(model._meta.model_name))
        if page == "<path:object_id>/" or ("<path:object_id>" in route and number is None):
            continue
        address = "/" + route.replace("<path:object_id>", str(number))
        found[f"/{route}"] = address
        if page == "":
            listed = getattr(client.get(address), "context_data", None) or {}
            pages = listed["cl"].paginator.num_pages if "cl" in listed else 1
            if pages > 1:
                found[f"/{route}, last page"] = f"{address}?p={pages}"
    for route, (address, _, _) in STAFF.items():
        try:
            found[f"/{route}"] = address.format(**numbers)
        except KeyError:  # there is none
            continue
    claims = "&".join(f"claim=rules-{number}" for number in Rule.objects.values_list("pk", flat=True)[:50])
    answers = SavedResult.objects.values_list("answers", flat=True)[0]
    return {
        **found,
        "/admin/simulator/ with answers": f"/admin/simulator/?{answers}",
        "/admin/simulator/ for a row": "/admin/simulator/?row=rules~rule-3",
        "/admin/shelf-life/, second page": "/admin/shelf-life/?days=90&page=2",
        "/admin/shelf-life/renew/ with 50 claims": f"/admin/shelf-life/renew/?{claims}",
    }


def _steps(client: Any) -> Iterator[float]:
    """How long each step takes until every kept result is counted. A step ends by the clock, so this is the clock's."""
    path = "/admin/advisor/release/impact/"
    found = client.get(path).context_data["impact"]
    while not found["count"].done:
        before, begin = found["count"].counted, time.perf_counter()
        found = client.post(path, {"so_far": found["so_far"]}, headers={"X-Part": "kept"}).context_data["impact"]
        yield time.perf_counter() - begin
        if found["count"].counted <= before:
            raise AssertionError("A step of the impact counted nothing")


def _page(client: Any, path: str, rounds: int) -> dict[str, Any]:
    from django.db import connection

    from advisor.models import Rule

    def get() -> tuple[float, float]:
        """By the processor, and by the clock."""
        begin, clock = time.process_time(), time.perf_counter()
        client.get(path)
        return time.process_time() - begin, time.perf_counter() - clock

    def edited(number: int) -> tuple[float, float]:
        rule = Rule.objects.all()[3]
        Rule.objects.filter(pk=rule.pk).update(because=f"{path} {number}")
        return get()

    statements: list[str] = []

    def count(execute: Any, sql: str, *more: Any) -> Any:
        statements.append(sql)
        return execute(sql, *more)

    get()
    with connection.execute_wrapper(count):
        client.get(path)
    warm = [get() for _ in range(rounds)]
    after = [edited(number) for number in range(rounds)]
    times = {
        name: median(took[way] for took in found)
        for name, found, way in (
            ("warm", warm, 0),
            ("warm_clock", warm, 1),
            ("edited", after, 0),
            ("edited_clock", after, 1),
        )
    }
    return {"queries": len(statements), **times}


if __name__ == "__main__":
    main()
