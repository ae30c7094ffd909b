"""A transport that cuts an answer off when it is too long or takes too long in all.

A client's own timeout is per read: a server that sends one byte a second is never too slow for it.
"""

from collections.abc import Callable, Iterator

import httpx2


class BoundedStream(httpx2.SyncByteStream):
    """The bytes of an answer, up to a number of bytes and an instant of the stopwatch."""

    def __init__(
        self,
        source: httpx2.SyncByteStream,
        max_bytes: int,
        deadline: float,
        stopwatch: Callable[[], float],
    ) -> None:
        self.source = source
        self.max_bytes = max_bytes
        self.deadline = deadline
        self.stopwatch = stopwatch

    def __iter__(self) -> Iterator[bytes]:
        """Raises httpx2.ReadError past the bytes, httpx2.ReadTimeout past the deadline."""
        taken = 0
        for part in self.source:
            taken += len(part)
            if taken > self.max_bytes:
                raise httpx2.ReadError(f"the answer is longer than {self.max_bytes} bytes")
            if self.stopwatch() > self.deadline:
                raise httpx2.ReadTimeout("the answer takes too long")
            yield part

    def close(self) -> None:
        self.source.close()


class BoundedTransport(httpx2.BaseTransport):
    """Any transport, with both bounds on every answer. Compressed answers are refused: their
    length says nothing of what they unfold to."""

    def __init__(
        self,
        inner: httpx2.BaseTransport,
        max_bytes: int,
        seconds: float,
        stopwatch: Callable[[], float],
    ) -> None:
        self.inner = inner
        self.max_bytes = max_bytes
        self.seconds = seconds
        self.stopwatch = stopwatch

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        deadline = self.stopwatch() + self.seconds
        request.headers["accept-encoding"] = "identity"
        response = self.inner.handle_request(request)
        source = response.stream
        if not isinstance(source, httpx2.SyncByteStream):
            raise httpx2.ReadError("the answer is no stream of bytes")
        if response.headers.get("content-encoding", "identity") != "identity":
            source.close()
            raise httpx2.DecodingError("the answer is compressed", request=request)
        response.stream = BoundedStream(source, self.max_bytes, deadline, self.stopwatch)
        return response

    def close(self) -> None:
        self.inner.close()
