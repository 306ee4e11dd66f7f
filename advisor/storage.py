"""How static files are kept and served: under names with a hash of their content, compressed once, and never deleted.

While two versions of the code serve side by side, and after a step back, the pages of each need files of their own.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

from advisor import staticnames

HASHED = re.compile(r"\.[0-9a-f]{12}\.[^./]+$")


OTHERS = ("admin/", "django_htmx/", "django_otp/", "django_otp_webauthn/", "otp_totp/")
"""Folders that libraries bring. Visitors load nothing from them."""


class OwnFilesCompressed(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise ships no types
    """Compresses the files that visitors get, and leaves the others alone: brotli over those takes ten seconds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = staticnames.path(Path(settings.SIGNPOST_DATA))
        self.manifest_name = names.name
        super().__init__(*args, manifest_storage=FileSystemStorage(location=names.parent), **kwargs)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        yield from super().compress_files([path for path in paths if not path.startswith(OTHERS)])


class FilesOfAnyVersion(WhiteNoiseMiddleware):  # type: ignore[misc]  # WhiteNoise ships no types
    """Finds also what a newer version put there after this process had looked."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.directories = [(f"{Path(self.static_root).absolute()}/", self.static_prefix)]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path not in self.files and HASHED.search(path) and (found := self.find_file(path)):
            response: HttpResponseBase = self.serve(found, request)
            return response
        return super().__call__(request)  # type: ignore[no-any-return]

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Also when the name is another version's."""
        return url.startswith(self.static_prefix) and HASHED.search(url) is not None
