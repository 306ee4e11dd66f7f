"""The how-tos whose commands people type as they stand. `python -m tests.guides` types them into an empty machine."""

from __future__ import annotations

import re

import pytest

from advisor import database
from advisor.environment import BASE_DIR
from tests.guides import standin
from tests.guides.pages import HOW_TO, commands, kinds, only, path_of, script

SHIPPED = BASE_DIR / "deploy"
KINDS = {"deploy.md": {"internet", "postgresql"}, "upgrade.md": {"back", "restore"}}


def everything(page: str) -> str:
    return "".join(commands(page, *kinds(page)))


def test_the_commands_are_there_in_order() -> None:
    blocks = commands("deploy.md")

    assert len(blocks) >= 9
    assert blocks[0].startswith("export NAME=")
    assert "certbot" not in "".join(blocks)
    assert "certbot" in "".join(commands("deploy.md", "internet"))


def test_what_is_yours_can_be_replaced() -> None:
    text = script(commands("deploy.md"), {"NAME": "other.example", "SOURCE": "/srv/x.git", "VERSION": "1"})

    assert "export NAME=other.example\n" in text
    assert "git.example.com" not in text


@pytest.mark.parametrize("page", KINDS)
def test_every_kind_of_block_is_typed_by_somebody(page: str) -> None:
    assert kinds(page) == KINDS[page]


@pytest.mark.parametrize("page", KINDS)
def test_every_file_of_ours_that_they_name_is_there(page: str) -> None:
    named = path_of(everything(page))

    assert named
    assert [path for path in named if not path.exists()] == []


@pytest.mark.parametrize("page", KINDS)
def test_every_unit_that_they_start_is_shipped(page: str) -> None:
    units = re.findall(r"\bsignpost-\w+\.(?:socket|service|timer)\b", everything(page))

    assert units
    assert [unit for unit in units if not (SHIPPED / "systemd" / unit).is_file()] == []


@pytest.mark.parametrize(
    ("page", "words"), [("deploy.md", "enable --now"), ("upgrade.md", "start"), ("run-the-site.md", "start")]
)
def test_every_unit_that_is_to_be_started_is_named(page: str, words: str) -> None:
    (text,) = re.findall(rf"^systemctl {words} (signpost-web\.socket.*)$", (HOW_TO / page).read_text(), re.MULTILINE)
    wanted = [
        path.name for path in (SHIPPED / "systemd").glob("*-*.*") if path.is_file() and "[Install]" in path.read_text()
    ]

    assert [unit for unit in wanted if unit not in text] == []


@pytest.mark.parametrize("page", ["upgrade.md", "run-the-site.md"])
def test_all_that_could_start_the_site_again_is_stopped(page: str) -> None:
    lines = re.findall(r"^systemctl stop (.*)$", (HOW_TO / page).read_text(), re.MULTILINE)
    named = " ".join(lines).split()

    assert set(named) == {path.name for path in (SHIPPED / "systemd").glob("*-*.*") if path.is_file()}
    assert named.index("signpost-web.socket") < named.index("signpost-web.service")


def test_a_new_version_is_fetched_as_the_first_was() -> None:
    fetched = [next(block for block in commands(page) if block.startswith("git clone")) for page in KINDS]

    first, later = (block.splitlines() for block in fetched)
    assert [line for line in first if not line.startswith("ln ")] == later


def test_going_back_is_switching_to_another_folder() -> None:
    switch = "".join(commands("upgrade.md")).partition('ln -sfn "/opt/signpost/$VERSION"')
    _yours, back = only("upgrade.md", "back")

    assert (switch[1] + switch[2]).replace("$VERSION", "$BEFORE").split() == (back.partition("setup_site\n")[2].split())


def test_the_step_back_can_be_typed_alone() -> None:
    text = script(only("upgrade.md", "back"), {"NAME": "other.example", "BEFORE": "1"})

    assert "export NAME=other.example\n" in text
    assert "export BEFORE=1\n" in text
    assert "git clone" not in text


def test_a_database_on_this_machine_is_made_alike_wherever_it_is_said() -> None:
    (block,) = only("deploy.md", "postgresql")[1:]
    elsewhere = (HOW_TO / "move-to-postgresql.md").read_text()

    made = re.findall(r"^runuser -u postgres -- (create.*)$", block, re.MULTILINE)
    assert len(made) == 2
    assert [words for words in made if f"sudo -u postgres {words}\n" not in elsewhere] == []


def test_its_address_leads_to_the_socket_by_the_name_of_the_sites_own_user() -> None:
    (block,) = only("deploy.md", "postgresql")[1:]
    (address,) = re.findall(r'"SIGNPOST_DATABASE_URL=(\S+)"', block)

    settings = database.postgresql(address)
    assert (settings["HOST"], settings["USER"], settings["PASSWORD"]) == (database.SOCKETS, "", "")
    (user,) = re.findall(r"createuser (\w+)", block)
    assert standin.read(SHIPPED / "systemd", "signpost-web.service")["User"] == [user]


@pytest.mark.parametrize("page", KINDS)
def test_the_name_to_replace_stands_in_nginx_configuration(page: str) -> None:
    (old,) = set(re.findall(r'sed "s/([^/]+)/\$NAME/g"', everything(page)))

    text = (SHIPPED / "nginx/signpost.conf").read_text()
    assert len(re.findall(old, text)) >= 3
    assert "example.com" not in re.sub(old, "", text)
