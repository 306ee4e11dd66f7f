"""The how-tos whose commands people type as they stand. `python -m tests.guides` types them into an empty machine."""

from __future__ import annotations

import re

import pytest

from advisor.environment import BASE_DIR
from tests.guides.pages import commands, path_of, script

SHIPPED = BASE_DIR / "deploy"


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


@pytest.mark.parametrize("page", ["deploy.md"])
def test_every_file_of_ours_that_they_name_is_there(page: str) -> None:
    named = path_of("".join(commands(page)))

    assert named
    assert [path for path in named if not path.exists()] == []


@pytest.mark.parametrize("page", ["deploy.md"])
def test_every_unit_that_they_start_is_shipped(page: str) -> None:
    units = re.findall(r"\bsignpost-\w+\.(?:socket|service|timer)\b", "".join(commands(page)))

    assert units
    assert [unit for unit in units if not (SHIPPED / "systemd" / unit).is_file()] == []


def test_every_unit_that_is_to_be_started_is_named() -> None:
    text = "".join(commands("deploy.md"))
    wanted = [
        path.name for path in (SHIPPED / "systemd").glob("*-*.*") if path.is_file() and "[Install]" in path.read_text()
    ]

    assert [unit for unit in wanted if unit not in text] == []


def test_the_name_to_replace_stands_in_nginx_configuration() -> None:
    (old,) = re.findall(r'sed "s/([^/]+)/\$NAME/g"', "".join(commands("deploy.md")))

    text = (SHIPPED / "nginx/signpost.conf").read_text()
    assert len(re.findall(old, text)) >= 3
    assert "example.com" not in re.sub(old, "", text)
