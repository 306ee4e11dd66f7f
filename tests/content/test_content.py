"""What the first content must hold: enough of everything, sound, sourced, in plain words, and in our own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from advisor.decision.catalogue import Catalogue
from advisor.decision.checks import check
from advisor.decision.domain import figures
from advisor.decision.reading import LONGEST_SENTENCE, READ, as_text, goal_of, grade, sentences, syllables, words
from tests.content.shipped import CATALOGUE, DOCUMENT, ROOT
from tests.content.wording import RUN, digest, runs

PUBLISHED = date(2026, 11, 24)

OUR_SIDE = {section: tuple(name for name in names if name != "contested") for section, names in READ.items()}
"""The fields that are read as sentences. The other side's reason is looked at by itself."""


class TestCounts:
    @pytest.mark.parametrize(
        ("section", "least"),
        [
            ("needs", 30),
            ("circumstances", 12),
            ("gates", 8),
            ("caveats", 45),
            ("tools", 30),
            ("terms", 1),
            ("examples", 1),
        ],
    )
    def test_there_are_at_least(self, section: str, least: int) -> None:
        assert len(getattr(CATALOGUE, section)) >= least

    @pytest.mark.parametrize(("section", "exactly"), [("industries", 8), ("modalities", 7), ("categories", 5)])
    def test_there_are_exactly(self, section: str, exactly: int) -> None:
        assert len(getattr(CATALOGUE, section)) == exactly

    def test_something_else_is_an_industry(self) -> None:
        assert CATALOGUE.industries[-1].slug == "other"

    def test_the_categories_have_the_slugs_that_others_rely_on(self) -> None:
        assert [category.slug for category in CATALOGUE.categories] == [
            "language-model",
            "generative-media",
            "combined",
            "analytical",
            "ordinary-software",
        ]

    def test_three_examples_are_on_the_home_page(self) -> None:
        assert sum(example.on_home for example in CATALOGUE.examples) == 3

    def test_every_outcome_is_used(self) -> None:
        assert all(count > 0 for count in figures(CATALOGUE).shares.values())


class TestSoundness:
    def test_the_checks_find_nothing(self) -> None:
        assert check(CATALOGUE, PUBLISHED) == ()

    def test_no_claim_is_checked_in_the_future(self) -> None:
        assert [slug_of(claim) for claim in CATALOGUE.claims() if claim[1].checked_on > PUBLISHED] == []

    def test_no_claim_is_to_be_reviewed_before_it_was_checked(self) -> None:
        assert [slug_of(claim) for claim in CATALOGUE.claims() if claim[1].review_by <= claim[1].checked_on] == []

    def test_every_source_but_the_article_s_sections_is_cited(self) -> None:
        cited = {slug for _, claim in CATALOGUE.claims() for slug in (*claim.sources, *claim.contested_sources)}

        assert [
            slug for slug in CATALOGUE.by_slug["sources"] if slug not in cited and not slug.startswith("article-")
        ] == []


def slug_of(claim: tuple[str, Any]) -> str:
    return f"{claim[0]}/{claim[1].slug}"


class TestClaims:
    def test_every_claim_has_a_source(self) -> None:
        assert [slug_of(claim) for claim in CATALOGUE.claims() if not claim[1].sources] == []

    def test_a_contested_claim_names_the_sources_of_the_other_side(self) -> None:
        lacking = [
            slug_of(claim)
            for claim in CATALOGUE.claims()
            if bool(claim[1].contested) != bool(claim[1].contested_sources)
        ]

        assert lacking == []

    def test_every_rule_has_its_reason_and_says_what_to_look_for(self) -> None:
        assert [rule.slug for rule in CATALOGUE.rules if not (rule.because and rule.look_for)] == []

    def test_every_caveat_is_certain_enough_and_says_what_to_do(self) -> None:
        assert {caveat.certainty for caveat in CATALOGUE.caveats} <= {"high", "medium"}
        assert [caveat.slug for caveat in CATALOGUE.caveats if not caveat.action] == []

    def test_every_not_yet_offers_a_way_back(self) -> None:
        strict = [gate for gate in CATALOGUE.gates if gate.level == "not-yet"]

        assert strict
        assert [gate.slug for gate in strict if not (gate.retry and gate.circumstances)] == []

    def test_every_product_says_who_makes_it_how_and_where(self) -> None:
        kinds = [tool for tool in CATALOGUE.tools if tool.slug.startswith("kind-")]
        products = [tool for tool in CATALOGUE.tools if tool.kind == "product" and tool not in kinds]

        assert [tool.slug for tool in products if not (tool.maker and tool.offered and tool.url)] == []

    @pytest.mark.parametrize(
        "slug", ["chatgpt", "dall-e", "gans", "bert", "llama", "gpt-4", "midjourney", "stable-diffusion"]
    )
    def test_every_tool_that_the_article_names_is_there(self, slug: str) -> None:
        assert slug in CATALOGUE.by_slug["tools"]

    @pytest.mark.parametrize("slug", ["gans", "bert"])
    def test_what_is_no_tool_is_explained_as_a_technique(self, slug: str) -> None:
        tool = CATALOGUE.by_slug["tools"][slug]

        assert tool.kind == "technique"
        assert tool.contested

    @pytest.mark.parametrize(
        "rule",
        ["any-text", "ad-copy-text", "scripts-text", "fraud-figures", "health-diagnosis", "shop-recommendations"],
    )
    def test_what_the_article_sees_otherwise_is_contested(self, rule: str) -> None:
        assert CATALOGUE.by_slug["rules"][rule].contested

    @pytest.mark.parametrize("section", ["tools", "sources"])
    def test_links_are_secure(self, section: str) -> None:
        urls = [entry.url for entry in getattr(CATALOGUE, section) if entry.url]

        assert [url for url in urls if not re.fullmatch(r"(https:/)?/[^\s\"<>]+", url)] == []


def texts_of(record: dict[str, Any]) -> Iterator[str]:
    for value in record.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, str))


def prose_of(section: str, record: dict[str, Any]) -> str:
    return as_text(as_text(record[name]) for name in OUR_SIDE[section] if record.get(name))


class TestPlainWords:
    @pytest.mark.parametrize("section", OUR_SIDE)
    def test_no_sentence_has_more_than_25_words(self, section: str) -> None:
        long = [
            (record["slug"], sentence)
            for record in DOCUMENT[section]
            for text in (*texts_of(record), prose_of(section, record))
            for sentence in sentences(text)
            if len(words(sentence)) > LONGEST_SENTENCE
        ]

        assert long == []

    @pytest.mark.parametrize("section", OUR_SIDE)
    def test_nobody_needs_more_than_eight_years_of_school(self, section: str) -> None:
        hardest = goal_of(section)
        grades = {record["slug"]: grade(prose_of(section, record)) for record in DOCUMENT[section]}

        assert {slug: round(found, 1) for slug, found in grades.items() if found > hardest} == {}

    @pytest.mark.parametrize("section", Catalogue.SECTIONS)
    def test_the_other_side_is_put_as_plainly(self, section: str) -> None:
        texts = {record["slug"]: record["contested"] for record in DOCUMENT[section] if record.get("contested")}

        assert {slug: text for slug, text in texts.items() if grade(text) > goal_of("")} == {}

    @pytest.mark.parametrize("section", OUR_SIDE)
    def test_there_is_no_hype_and_no_shouting(self, section: str) -> None:
        hype = re.compile(
            r"!|\b(please|oops|simply|powerful|seamless\w*|leverage|unlock\w*|guaranteed|unbiased|effortless\w*)\b",
            re.I,
        )

        found = [
            (record["slug"], match[0])
            for record in DOCUMENT[section]
            if (match := hype.search(prose_of(section, record)))
        ]

        assert found == []

    @pytest.mark.parametrize(
        ("word", "count"),
        [("cat", 1), ("made", 1), ("makes", 1), ("boxes", 2), ("waited", 2), ("table", 2), ("software", 2), ("data", 2),
         ("analytical", 5), ("pictures", 2), ("3-D", 2), ("maker's", 2)],
    )  # fmt: skip
    def test_syllables_are_counted_about_as_they_are_spoken(self, word: str, count: int) -> None:
        assert abs(syllables(word) - count) <= (1 if word in ("software", "analytical") else 0)


SHINGLES = Path(__file__).parents[1] / "data" / "article-shingles.txt"


def written_by_us() -> Iterator[tuple[str, str]]:
    """Each text that we publish, with the place where it stands."""
    for section, records in DOCUMENT.items():
        for record in records:
            for text in texts_of(record):
                yield f"fixtures/{section}.json {record['slug']}", text
    for path in sorted([*ROOT.glob("templates/**/*.html"), *ROOT.glob("templates/**/*.txt")]):
        yield str(path.relative_to(ROOT)), re.sub(r"<[^>]*>|{[%#].*?[%#]}", " ", path.read_text("utf-8"))
    for path in sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")]):
        for line in path.read_text("utf-8").splitlines():
            if not line.startswith("#"):  # The article's own headings name its sections.
                yield str(path.relative_to(ROOT)), re.sub(r"\]\([^)]*\)", "]", line)


class TestOwnWords:
    HASHES = frozenset(SHINGLES.read_text("utf-8").split())

    def test_no_run_of_eight_words_is_the_article_s(self) -> None:
        found = {(place, run) for place, text in written_by_us() for run in runs(text) if digest(run) in self.HASHES}

        assert found == set()

    def test_the_hashes_are_those_of_the_article_without_its_text(self) -> None:
        assert len(self.HASHES) > 1000
        assert all(re.fullmatch(r"[0-9a-f]{16}", line) for line in self.HASHES)
        # The beginning of the answer to the first of its questions, which is short enough to quote.
        assert digest(" ".join(["no llms are built", "specifically for text based"])) in self.HASHES

    def test_a_run_is_eight_words_whatever_their_marks(self) -> None:
        assert list(runs("One, two - three! Four five; six seven EIGHT")) == ["one two three four five six seven eight"]
        assert len(list(runs("word " * 20))) == 20 - RUN + 1
        assert list(runs("only seven words stand here, no more")) == []

    def test_there_is_something_to_compare(self) -> None:
        places = Counter(place.split("/")[0] for place, _ in written_by_us())

        assert {"fixtures", "templates", "docs", "README.md"} <= set(places)


STATEMENTS = {
    "Introduction": 10,
    "What Is Generative AI?": 18,
    "What Are Large Language Models (LLMs)?": 20,
    "How Are LLMs and Generative AI Different?": 12,
    "Strengths of Generative AI": 9,
    "Strengths of Large Language Models": 10,
    "Challenges and Ethical Concerns": 16,
    "When to Use Generative AI vs. LLMs": 12,
    "Choosing the Right AI for Your Business": 6,
    "FAQ: “Can LLMs Create Images and Videos”": 13,
    "FAQ: “Which Industries Benefit Most”": 24,
    "FAQ: “How Do I Choose the Right AI”": 19,
}
"""The article's sections, and how many things each says. Splitting a statement raises its count; none may fall."""


class TestArticle:
    """`docs/reference/article.md` lists each thing that the article says, and the record that carries it."""

    PAGE = (ROOT / "docs" / "reference" / "article.md").read_text("utf-8")

    def statements(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for part in re.split(r"^## ", self.PAGE, flags=re.M)[1:]:
            heading, _, body = part.partition("\n")
            rows = [line for line in body.splitlines() if line.startswith("| ")]
            found[heading] = [row for row in rows if not re.match(r"\| (Statement|---)", row)]
        return found

    def test_each_of_its_sections_is_there_in_order(self) -> None:
        assert list(self.statements()) == list(STATEMENTS)

    def test_no_statement_is_lost(self) -> None:
        counts = {heading: len(rows) for heading, rows in self.statements().items()}

        assert {heading: count for heading, count in counts.items() if count < STATEMENTS.get(heading, 1)} == {}

    def test_every_record_that_it_names_exists(self) -> None:
        links = re.findall(r"\[([a-z]+)/([a-z0-9-]+)\]\(\.\./\.\./([^)]*)\)", self.PAGE)
        records = [link for link in links if link[0] != "page"]

        assert len(records) > 200
        assert [f"{section}/{slug}" for section, slug, _ in records if slug not in CATALOGUE.by_slug[section]] == []
        assert [path for section, _, path in records if path != f"fixtures/{section}.json"] == []
        assert [path for _, _, path in links if not (ROOT / path).is_file()] == []

    def test_every_statement_is_carried_and_of_a_known_kind(self) -> None:
        for heading, rows in self.statements().items():
            for row in rows:
                statement, kind, carried = (cell.strip() for cell in row.strip("|").split("|"))
                assert statement, (heading, row)
                assert kind in ("fact", "example", "advice", "tool", "industry use", "offer"), row
                assert re.search(r"\[[a-z]+/[a-z0-9-]+\]", carried), row

    def test_what_is_marked_contested_is_contested_in_a_record(self) -> None:
        for rows in self.statements().values():
            for row in (row for row in rows if "contested" in row.lower()):
                named = re.findall(r"\[([a-z]+)/([a-z0-9-]+)\]", row)
                assert any(
                    getattr(CATALOGUE.by_slug[section][slug], "contested", "")
                    for section, slug in named
                    if section != "page"
                ), row
