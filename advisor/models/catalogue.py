"""The draft of everything but the rows of the tables: what editors change and visitors never see before a release."""

from __future__ import annotations

from django.db import models

from advisor.models.bases import Claim, Condition, Entry
from advisor.models.fields import LineField, LinesField, LinkField, OffersField, ProseField

NAME_LENGTH = 120
PHRASE_LENGTH = 160
HELP_LENGTH = 300
TEXT_LENGTH = 1200


class Source(Entry):
    """Where a claim comes from."""

    title = LineField(
        max_length=200, help_text="As the source calls itself. Example: Guidance on AI and data protection."
    )
    publisher = LineField(max_length=NAME_LENGTH, help_text="Who answers for it. Example: UK Information Commissioner.")
    url = LinkField(
        "address",
        max_length=500,
        blank=True,
        help_text="Its page on the web, when it has one. Example: https://example.org/guidance.",
    )
    dated = LineField(
        max_length=PHRASE_LENGTH,
        blank=True,
        help_text="The publisher's own date or status, in words. Example: In force since 2 August 2026.",
    )
    opened = models.BooleanField(
        "opened and read",
        default=True,
        help_text="Ticked when one of us opened the page itself. Untick when it is known only from somewhere else.",
    )

    class Meta(Entry.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.title} ({self.publisher})"


class Category(Entry, Claim):
    """A kind of AI that can be recommended."""

    name = LineField(max_length=NAME_LENGTH, help_text="In full. Example: Large language model.")
    short_name = LineField(
        max_length=40, help_text="For narrow places such as the arm of a signpost. Example: Language model."
    )
    phrase = LineField(
        max_length=PHRASE_LENGTH, help_text="As it stands inside a sentence. Example: a large language model."
    )
    plate = LineField(
        max_length=PHRASE_LENGTH,
        help_text="What the big plate of a result says, all by itself. Example: Use a large language model.",
    )
    summary = ProseField(
        max_length=TEXT_LENGTH,
        help_text="Two or three sentences for someone who never heard of it. Example: It reads and writes text …",
    )
    strengths = LinesField(help_text="What it does well, one a line. Example: Sums up long papers.")
    limits = LinesField(
        help_text="What it does badly or not at all, one a line. Example: States wrong things with confidence."
    )
    training = ProseField(
        max_length=TEXT_LENGTH, help_text="How it is made, in plain words. Example: It has read a great deal of text …"
    )
    uses_ai = models.BooleanField(
        "uses AI", default=True, help_text="Untick for ordinary software: the result then says that no AI is needed."
    )
    parts = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="part_of",
        help_text="Only for a category that joins two others: those two. Example: Large language model and media.",
    )

    class Meta(Entry.Meta, Claim.Meta):
        verbose_name_plural = "categories"


class Industry(Entry):
    """What line of business the visitor is in."""

    answer_key = "industry"

    name = LineField(max_length=NAME_LENGTH, help_text="As a visitor would say it. Example: Law and finance.")
    phrase = LineField(max_length=PHRASE_LENGTH, help_text="What follows “for”. Example: a law or finance firm.")
    help = LineField(
        max_length=HELP_LENGTH,
        blank=True,
        help_text="Who belongs here. Example: Lawyers, accountants, banks, insurers.",
    )
    needs = models.ManyToManyField(
        "advisor.Need", blank=True, help_text="The needs usual in this industry. They are offered first."
    )

    class Meta(Entry.Meta):
        verbose_name_plural = "industries"


class Modality(Entry):
    """A kind of content to produce."""

    answer_key = "modality"

    name = LineField(max_length=NAME_LENGTH, help_text="As a visitor would say it. Example: Audio and music.")
    phrase = LineField(max_length=PHRASE_LENGTH, help_text="What follows “you ticked”. Example: audio and music.")
    help = LineField(
        max_length=HELP_LENGTH, blank=True, help_text="What it covers. Example: Jingles, voice-overs, podcasts."
    )

    class Meta(Entry.Meta):
        verbose_name_plural = "modalities"


class Need(Entry):
    """A goal, in the visitor's words."""

    answer_key = "need"

    name = LineField(max_length=NAME_LENGTH, help_text="As a visitor would say it. Example: Review contracts.")
    phrase = LineField(max_length=PHRASE_LENGTH, help_text="What follows “you want to”. Example: review contracts.")
    help = LineField(
        max_length=HELP_LENGTH,
        blank=True,
        help_text="A line that makes it concrete. Example: Find risky clauses, compare versions, list deadlines.",
    )
    modalities = models.ManyToManyField(
        Modality,
        help_text="The kinds of content that this need can produce. At least one. Example: Text.",
    )
    default_modality = models.ForeignKey(
        Modality,
        on_delete=models.PROTECT,
        related_name="default_for",
        verbose_name="usual modality",
        help_text="What is taken when the visitor ticks none of them. It must be one of the modalities above.",
    )
    words = LinesField(
        blank=True,
        line_length=80,
        help_text="Other words that visitors use for it, one a line: the finder looks here. Example: check agreements.",
    )

    class Meta(Entry.Meta):
        pass


class Circumstance(Entry):
    """A fact about the business that can change the advice."""

    answer_key = "fact"

    name = LineField(max_length=NAME_LENGTH, help_text="As a visitor would say it. Example: We handle personal data.")
    phrase = LineField(
        max_length=PHRASE_LENGTH, help_text="What follows “you said”. Example: you handle personal data."
    )
    help = LineField(
        max_length=HELP_LENGTH,
        blank=True,
        help_text="When to tick it. Example: Names, addresses, anything about a person.",
    )
    offers = OffersField(
        blank=True,
        help_text="When this fact rules some tools out: the ways of having one that still fit. Tick none when all do.",
    )

    class Meta(Entry.Meta):
        pass


class Tool(Entry, Claim, Condition):
    """An example product, or a technique that people take for one."""

    class Kind(models.TextChoices):
        PRODUCT = "product", "a product that a business can use"
        TECHNIQUE = "technique", "a technique: explained, never suggested"

    name = LineField(max_length=NAME_LENGTH, help_text="As its maker calls it. Example: Claude.")
    maker = LineField(
        max_length=NAME_LENGTH, blank=True, help_text="The company or project behind it. Example: Anthropic."
    )
    kind = models.CharField(
        max_length=16,
        choices=Kind,
        default=Kind.PRODUCT,
        help_text="A technique is explained but never suggested as a tool.",
    )
    what_for = ProseField(max_length=HELP_LENGTH, help_text="What it is good for. Example: Drafts and sums up text.")
    limits = ProseField(
        max_length=600, help_text="What it can't do or what to watch. Example: Can't see your own files."
    )
    price_model = LineField(
        max_length=PHRASE_LENGTH,
        blank=True,
        help_text="How one pays, without figures. Example: Free to try, then a monthly fee for each person.",
    )
    data_use = ProseField(
        max_length=HELP_LENGTH,
        blank=True,
        help_text="What the maker says it does with your text. Example: Business plans are not used for training.",
    )
    offered = OffersField(blank=True, help_text="The ways in which it can be had. Tick all that apply.")
    url = LinkField("official page", max_length=500, blank=True, help_text="Example: https://example.com/product.")
    tie = LineField(
        max_length=PHRASE_LENGTH,
        blank=True,
        help_text="Any commercial tie we have with its maker; visitors see it. It never changes the order. Example: "
        "We are paid to teach it.",
    )

    class Meta(Entry.Meta, Claim.Meta):
        constraints = [
            *Claim.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(kind__in=["product", "technique"]), name="tool_kind_is_product_or_technique"
            ),
        ]


class Term(Entry, Claim):
    """A technical word that a page uses, explained."""

    name = LineField(max_length=NAME_LENGTH, help_text="As the pages write it. Example: Open weights.")
    meaning = ProseField(max_length=600, help_text="One or two plain sentences, without other technical words.")

    class Meta(Entry.Meta, Claim.Meta):
        verbose_name = "glossary term"


class Example(Entry):
    """An editor's test: a release that fails it is refused."""

    class Readiness(models.TextChoices):
        READY = "ready", "ready"
        PREPARE = "prepare", "prepare first"
        NOT_YET = "not-yet", "not yet"

    name = LineField(max_length=NAME_LENGTH, help_text="Who it is about. Example: A law firm with a chatbot.")
    answers = ProseField(
        max_length=2000,
        help_text="The answers, as they stand in the address of a result. "
        "Example: industry=law-finance&need=contract-review&modality=text.",
    )
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, help_text="The kind of AI that these answers must lead to."
    )
    readiness = models.CharField(
        max_length=16,
        choices=Readiness,
        blank=True,
        help_text="The readiness that they must lead to. Leave empty when it does not matter.",
    )
    caveats = models.ManyToManyField(
        "advisor.Caveat",
        blank=True,
        help_text="The caveats that must be shown. Others may be shown too. Tick none when it does not matter.",
    )
    on_home = models.BooleanField(
        "on the home page", default=False, help_text="Tick to show it to visitors as an example."
    )

    class Meta(Entry.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(readiness__in=["", "ready", "prepare", "not-yet"]), name="example_readiness_is_known"
            )
        ]
