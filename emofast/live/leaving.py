"""Being told to leave, by Ctrl-C or from outside, without being torn out of what is half done."""

import signal
import time

AGAIN = 0.5  # s: a signal that comes sooner is the same one, sent on by whoever started the program


class Leaving:
    """While the block runs, SIGINT, SIGTERM and SIGHUP (a closed terminal) set `asked` instead of interrupting.

    Told again, KeyboardInterrupt is raised after all, for a loop that does not come round; but never once `finishing` is set,
    when files are being closed. On the main thread only, as all handling of signals.
    """

    def __init__(self):
        self.asked = self.finishing = False
        self._since = 0.0

    def __enter__(self) -> "Leaving":
        numbers = [n for name in ("SIGINT", "SIGTERM", "SIGHUP") if (n := getattr(signal, name, None))]
        heard = [n for n in numbers if signal.getsignal(n) is not signal.SIG_IGN]  # nohup means to go on
        self._before = {n: signal.signal(n, self._told) for n in heard}
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _told(self, *_) -> None:
        now = time.monotonic()
        if not self.asked:
            self.asked, self._since = True, now
        elif not self.finishing and now - self._since > AGAIN:
            raise KeyboardInterrupt
