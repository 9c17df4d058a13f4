"""Files of ours that take what somebody else sends, and no more than there is room for."""

from __future__ import annotations

from typing import IO


class TooLarge(Exception):  # noqa: N818 - what was sent
    """There was more than the limit; what fits is in the file."""


class Limited:
    """A file that takes no more than so many bytes.

    Args:
        file: open for writing.
        most: how many bytes.
    """

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._most = most

    def seek(self, place: int) -> int:
        """Go to a place of the file."""
        return self._file.seek(place)

    def truncate(self) -> int:
        """End the file here."""
        return self._file.truncate()

    def write(self, content: bytes) -> int:
        """Write.

        Raises:
            TooLarge: there is no room for all of it.
        """
        room = self._most - self._file.tell()
        if len(content) > room:
            self._file.write(content[:room])
            raise TooLarge
        return self._file.write(content)
