"""What the small servers of the tests share."""

from __future__ import annotations

import threading
from socketserver import BaseServer
from typing import Any, Self


class ServesInThread(BaseServer):
    """Serves in a thread of its own, from `with` to the end of its block. For a class of socketserver, before it."""

    _thread: threading.Thread

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *raised: Any) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
