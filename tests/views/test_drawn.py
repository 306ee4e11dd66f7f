"""A result brings the drawings that it uses, as they stand in each page anew."""

from __future__ import annotations

import re

from django.test import Client

from tests.benchmarks import addresses


def test_a_result_draws_each_gate_that_it_names_and_no_other(client: Client) -> None:
    seen = set()
    for address in addresses.results(60):
        html = client.get(address).content.decode()
        drawn = re.findall(r'<symbol id="(g-[^"]+)"', html)

        assert sorted(drawn) == sorted(set(re.findall(r'<use href="#(g-[^"]+)"', html))), address
        assert set(re.findall(r'<use href="#([^"]+)"', html)) <= set(re.findall(r'<symbol id="([^"]+)"', html))
        seen.add(tuple(drawn))
    assert len(seen) > 3
