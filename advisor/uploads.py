"""Only staff send files. What anybody else sends as a file is read and dropped: it reaches neither disk nor memory."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class OnlyFromStaff(FileUploadHandler):
    """Stands before the handlers that keep files. No form of a visitor has one, but Django would take it all the same.

    It would write a file of any size to the disk, also while signing in, where everybody is a stranger yet.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        request = self.request
        staff = request is not None and request.path.startswith("/admin/") and request.user.is_staff
        if not staff:
            raise SkipFile
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand it on."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handlers behind this one have it."""
