"""The window and its keys."""

import ctypes
import locale
import os
import sys
from contextlib import suppress

import cv2
import numpy as np

from emofast.errors import EmofastError

# Esc as a character and as X11 has it. The letters also on a Russian keyboard, as Unicode, as X11 codes, whose capitals are 0x20 higher,
# and as a Russian Windows has them: nobody should have to switch layouts to quit.
_CODE_PAGE = "cp1251" if locale.getencoding() == "cp1251" else "ascii"
_KEYS = {27: "q", 0xFF1B: "q", 32: "space"} | {
    code: latin
    for latin, russian, x11 in zip("qmsrlh", "йьыкдр", (0x6CA, 0x6D8, 0x6D9, 0x6CB, 0x6C4, 0x6D2))
    for both in (russian + russian.upper(),)
    for code in (*map(ord, latin + latin.upper() + both), x11, x11 + 0x20, *both.encode(_CODE_PAGE, "ignore"))
}


class Window:
    """A resizable window; it keeps the picture's proportions. Raises `EmofastError` where there is no display."""

    def __init__(self, title: str):
        _require_display()
        os.environ.setdefault("QT_LOGGING_RULES", "*=false")  # Qt's notes about fonts it does not need
        if sys.platform == "linux":
            os.environ["QT_QPA_PLATFORM"] = "xcb"  # the only one that OpenCV brings; under Wayland Qt would look for another
        self.title, self._sized = title, False
        cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)

    def show(self, image: np.ndarray, wait_ms: int = 1) -> str | None:
        """Show a picture for at least `wait_ms`; returns the name of the key that was pressed, if any; "q" when the window was closed."""
        if not self._sized:
            height, width = image.shape[:2]
            shrink = min(1.0, 1280 / width, 800 / height)  # a large picture must not fill more than the screen
            cv2.resizeWindow(self.title, round(width * shrink), round(height * shrink))
            self._sized = True
        cv2.imshow(self.title, image)
        code = cv2.waitKeyEx(wait_ms)
        return key_name(code) if self._is_open() else "q"

    def close(self) -> None:
        if self._is_open():
            cv2.destroyWindow(self.title)

    def _is_open(self) -> bool:
        try:
            # macOS calls a minimised window invisible (0), and has no button that closes one
            return cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) >= (0 if sys.platform == "darwin" else 1)
        except cv2.error:  # with its last window OpenCV's Qt side is gone
            return False


def key_name(code: int) -> str | None:
    """`waitKeyEx`'s code as the Latin letter on that key, "space" or "q" for Esc; None for no key and keys that mean nothing."""
    return _KEYS.get(code & 0xFFFF)


def _require_display() -> None:
    """Qt ends the whole process where it cannot reach a display, so the library through which it would is asked first."""
    if sys.platform != "linux":
        return
    with suppress(OSError):  # there is no such library
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        if x11.XOpenDisplay(None):
            return
    raise EmofastError(
        "there is no display to open a window on; use --headless (with --save OUT.mp4 or --log OUT.csv to keep what is seen), "
        "or log in with a screen (ssh -X)"
    )
