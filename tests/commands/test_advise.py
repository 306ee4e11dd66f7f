from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from advisor import published
from advisor.models import Release
from advisor.models.snapshot import Snapshot
from tests.conftest import Publish
from tests.content.shipped import CATALOGUE
from tests.factory import make_rule
from tests.views.conftest import snapshot_of

pytestmark = pytest.mark.django_db
LAW_FIRM = ["industry=law-finance", "need=summaries", "need=chatbot", "modality=text"]
AGENCY = ["industry=marketing-advertising", "need=social-posts", "need=ad-pictures", "modality=text", "modality=images"]


@pytest.fixture
def shipped(settings: Settings) -> Snapshot:
    """The shipped content, published."""
    snapshot = snapshot_of(CATALOGUE)
    (settings.SIGNPOST_DATA / "current-release.json").write_text(snapshot.to_text(), encoding="utf-8")
    return snapshot


@pytest.fixture
def advise(capsys: pytest.CaptureFixture[str]) -> Any:
    """What the command prints for these answers, read as JSON."""

    def advise(*words: str) -> Any:
        call_command("advise", *words, "--json")
        return json.loads(capsys.readouterr().out)

    return advise


@pytest.mark.usefixtures("shipped")
class TestTheArticlesOwnCases:
    @pytest.mark.parametrize(
        ("answers", "category"),
        [
            pytest.param(LAW_FIRM, "language-model", id="law firm, summaries and a legal chat"),
            pytest.param(
                AGENCY,
                "combined",
                id="marketing agency, posts and pictures",
            ),
            pytest.param(["industry=other", "need=pictures"], "generative-media", id="images only"),
            pytest.param(["industry=entertainment-media", "need=music"], "generative-media", id="music only"),
            pytest.param(["industry=entertainment-media", "need=videos"], "generative-media", id="video only"),
            pytest.param(["industry=law-finance", "need=fraud"], "analytical", id="fraud"),
            pytest.param(["industry=ecommerce-fashion", "need=forecast"], "analytical", id="demand forecast"),
            pytest.param(["industry=law-finance", "need=calculators"], "ordinary-software", id="interest calculator"),
            pytest.param(["industry=other", "need=bookings"], "ordinary-software", id="appointment book"),
        ],
    )
    def test_the_headline(self, advise: Any, answers: list[str], category: str) -> None:
        assert advise(*answers)["headline"]["category"] == category

    def test_each_goal_has_its_own_verdict(self, advise: Any) -> None:
        advice = advise(
            "industry=marketing-advertising",
            "need=social-posts",
            "need=ad-pictures",
            "modality=text",
            "modality=images",
        )

        verdicts = {need["need"]: need["category"] for need in advice["needs"]}
        assert verdicts == {"social-posts": "combined", "ad-pictures": "generative-media"}

    def test_where_the_article_sees_it_otherwise_both_sides_are_given(self, advise: Any) -> None:
        (verdict,) = advise("industry=law-finance", "need=fraud")["needs"]

        assert all(case["contested"] and case["contested_sources"] for case in verdict["cases"])

    def test_the_advice_has_all_that_is_promised(self, advise: Any, shipped: Snapshot) -> None:
        advice = advise(*LAW_FIRM)

        assert advice["release"] == {
            "number": 1,
            "sha256": shipped.sha256,
            "published_at": shipped.published_at,
        }
        assert {"category", "sentence", "tie"} <= set(advice["headline"])
        assert {"level", "gates"} <= set(advice["readiness"])
        assert {"need", "category", "cases"} <= set(advice["needs"][0])
        assert {"modality", "category", "rule", "because"} <= set(advice["needs"][0]["cases"][0])
        assert {"answers", "caveats", "tools", "what_if", "why_not", "notices"} <= set(advice)

    def test_as_text_it_can_be_read(self, capsys: pytest.CaptureFixture[str], shipped: Snapshot) -> None:
        call_command("advise", *LAW_FIRM, "fact=personal-data")

        text = capsys.readouterr().out
        assert text.startswith("Large language model\n")
        for part in ("Goal by goal", "What to mind", "What would change this advice", "Why not the others"):
            assert f"\n{part}\n{'-' * len(part)}\n" in text
        assert "Prepare first" in text
        assert f"Release 1, 2026-11-24, sha256 {shipped.sha256[:12]}." in text
        assert "Fixed rules written by people; no AI model reads your answers." in text
        assert max(map(len, text.splitlines())) <= 100

    def test_not_yet_stands_first(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command(
            "advise", "industry=healthcare", "need=diagnosis", "modality=figures", "fact=health-data", "fact=no-checker"
        )

        text = capsys.readouterr().out
        assert text.startswith("NOT YET: ")
        assert "Tools:" not in text


class TestRefused:
    """With 2, as a wrong use of a command is."""

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (
                ["industry=law-fnance", "need=chatbot"],
                "“law-fnance” is not a value of industry. Did you mean law-finance",
            ),
            (["industry=other", "need=fruad"], "“fruad” is not a value of need. Did you mean fraud"),
            (["industri=other", "need=fraud"], "“industri” is not a key. Did you mean industry"),
            (["industry=other", "need=fraud", "modality=pictures"], "“pictures” is not a value of modality."),
            (["industry=other", "need=fraud", "fact=nobody"], "“nobody” is not a value of fact."),
            (["industry=other", "need"], "“need” is not key=value, for example need=chatbot."),
            (["need=fraud"], "Give industry= one of: "),
            (["industry=other"], "Give need= one of: "),
            ([], "Give industry= one of: "),
            (["industry=other", "industry=healthcare", "need=fraud"], "more than one industry"),
            (["industry=none", "need=fraud"], "“none” is not a value of industry."),
        ],
    )
    @pytest.mark.usefixtures("shipped")
    def test_it_names_the_nearest_right_ones(self, words: list[str], told: str) -> None:
        with pytest.raises(CommandError) as refused:
            call_command("advise", *words)

        assert refused.value.returncode == 2
        assert told in str(refused.value)

    @pytest.mark.usefixtures("shipped")
    def test_what_does_not_count_is_said_beside_the_advice(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("advise", "industry=other", "need=fraud", "need=fraud", "--json")

        printed = capsys.readouterr()
        assert "stands twice" in printed.err
        assert json.loads(printed.out)["headline"]["category"] == "analytical"

    def test_without_a_release_it_names_the_command(self) -> None:
        with pytest.raises(CommandError, match=r"Run `make run`, or `manage\.py load_content`"):
            call_command("advise", "industry=other", "need=fraud")


class TestRelease:
    def test_an_old_release_says_what_it_said(self, publish: Publish, advise: Any) -> None:
        publish()
        publish(
            rules=[
                make_rule("text", "language-model", modalities=["text"]),
                make_rule("posts", "ordinary-software", needs=["social-posts"], modalities=["text"], look_for="a form"),
                make_rule("images", "generative-media", modalities=["images"]),
                make_rule("figures", "ordinary-software", modalities=["figures"], look_for="a calculator"),
            ]
        )
        answers = ["industry=other", "need=social-posts", "modality=text"]

        now, then = advise(*answers), advise(*answers, "--release", "1")

        assert (now["release"]["number"], now["headline"]["category"]) == (2, "ordinary-software")
        assert (then["release"]["number"], then["headline"]["category"]) == (1, "language-model")
        assert then["release"]["sha256"] == Release.objects.get(number=1).sha256

    def test_an_unknown_one_is_refused_with_those_there_are(self, publish: Publish) -> None:
        publish()
        publish()

        with pytest.raises(CommandError, match=r"There is no release 7\. There are: 2, 1\.") as refused:
            call_command("advise", "industry=other", "need=calculators", "--release", "7")

        assert refused.value.returncode == 2

    def test_it_is_read_from_the_database_once(self, publish: Publish, advise: Any) -> None:
        publish()
        publish()

        advise("industry=other", "need=calculators", "--release", "1")

        assert published.release(1) is published.release(1)
