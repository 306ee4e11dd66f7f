"""The real site, to be broken: the same fixtures as the browser tests have."""

from tests.browser.conftest import _own_data, own_site, set_up, site, visit, visitor

__all__ = ["_own_data", "own_site", "set_up", "site", "visit", "visitor"]
