"""Cutting: spans of an episode joined frame by frame into an H.264/AAC film that plays everywhere."""

import errno
import json
import subprocess
from collections.abc import Callable, Collection
from fractions import Fraction
from pathlib import Path

import numpy as np

from emofast.errors import EmofastError
from emofast.film.media import Media, as_source
from emofast.film.reader import hear
from emofast.film.writer import SAMPLES
from emofast.paths import atomic_write, partial_beside
from emofast.video.vertical import UPRIGHT, Look

_PREROLL = 2.0  # seconds decoded before a cut, so that a variable frame rate has its frame on the screen at the cut
_CLICK = 0.02  # seconds of sound fade at every joint, against clicks
_FADE = 0.25  # seconds of fade in and out of the whole trailer
_DIP = 0.16  # seconds of fade at a joint that is no shot change
_TALL = 1920  # pixels of an upright trailer, of a film that is at least full HD
_PEAK = -1.5  # dBTP: louder peaks clip when a platform encodes the film again
_TERMS = 40  # of a sum; ffmpeg's parser refuses a hundred
_FULL = b"No space left"
_RAW = ("-f", "f32le", "-ar", str(SAMPLES), "-ac", "2")


def render(
    episode: Media, spans: list[tuple[int, int]], out: Path, *, height: int | None = None, crf: int = 18,
    seams: Collection[int] | None = None, looks: list[Look] | None = None, lufs: float | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> None:  # fmt: skip
    """Write `spans` of `episode`, each (first frame, frame after the last) at `episode.rate`, one after the other into `out`.

    Constant frame rate, square pixels, even size, sound cut to the sample; a joint is exact to the frame. Span by span one ffmpeg
    decodes for one that encodes, so memory does not grow with their number. HDR is tone-mapped to BT.709, interlaced film
    deinterlaced, the sound folded to stereo. `height` shrinks the picture (previews); `lufs` is the loudness of the
    whole (ITU-R BS.1770). seams: frames at which a shot begins: a span that begins or ends there is cut hard, any other edge fades, as
    the first and the last of all do; None: nothing fades. looks: of each span where an upright picture looks, see `look_at`; None: the
    whole picture. tell: called with the number of spans done and all.
    Raises `EmofastError` where ffmpeg fails, `OSError` where the disk is full; `out` is whole or absent.
    """
    size = _size(episode, height, upright=bool(looks))
    fades = _edges(spans, seams)
    with partial_beside(out, folder=True) as tmp, atomic_write(out) as partial:
        silent, sound = tmp / "picture.mp4", tmp / "sound.f32"
        colour = (1, 1, 1) if episode.hdr else episode.colour
        tagged = "setparams=range=tv:colorspace={}:color_primaries={}:color_trc={}".format(*colour)
        command = [*_ffmpeg(), "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "{}x{}".format(*size), "-r", str(episode.rate),
                   "-i", "pipe:0", "-vf", tagged, "-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-pix_fmt", "yuv420p",
                   str(silent)]  # fmt: skip
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as encoder:
            failed = None
            try:
                for k, span in enumerate(spans):
                    _decode(episode, span, size, looks[k] if looks else None, fades[k], encoder.stdin, sound, out)
                    tell(k + 1, len(spans))
            except EmofastError as e:
                failed = e
            encoder.stdin.close()
            said = encoder.stderr.read()
        if failed and _FULL not in said:  # a full disk ends the encoder, and thereby the decoder
            raise failed
        _check(encoder.returncode, said, out)
        heard = []
        if episode.sound:
            heard = [*_RAW, "-i", str(sound)]
            found, master = loudness(heard, sound) if lufs is not None else -np.inf, "anull"
            if found > -70:  # without clipping
                master = f"volume={lufs - found:.2f}dB,alimiter=limit={10 ** (_PEAK / 20):.4f}:level=false:latency=true"
            heard += ["-af", master, "-c:a", "aac", "-b:a", "192k" if height is None else "64k"]
        _run([*_ffmpeg(), "-i", str(silent), *heard, "-c:v", "copy", "-map_metadata", "-1", "-movflags", "+faststart", str(partial)], out)


def still(episode: Media, frame: int, out: Path) -> None:
    """Write frame number `frame` of the episode as a JPEG, as it looks in the trailer."""
    seek, at = _seek(episode, frame)
    with atomic_write(out) as partial:
        _run([*_ffmpeg(), *seek, "-i", as_source(episode.path), "-vf", _picture(episode, at, at + 1, _size(episode)),
              "-frames:v", "1", "-q:v", "3", "-pix_fmt", "yuvj420p", "-f", "image2", "-update", "1", str(partial)], out)  # fmt: skip


def loudness(source: list[str], name: Path) -> float:
    """Integrated loudness (LUFS) of an ffmpeg input, -inf for silence."""
    said = _run([*_ffmpeg("info"), *source, "-map", "0:a:0", "-af", "loudnorm=print_format=json", "-f", "null", "-"], name)
    return float(json.loads(said[said.rindex("{") : said.rindex("}") + 1])["input_i"])


_TO_SDR = (
    "zscale=transfer=linear:npl=203:primariesin=bt2020:matrixin=bt2020nc,format=gbrpf32le,zscale=primaries=bt709,tonemap=mobius:desat=0,"
    "zscale=transfer=bt709:matrix=bt709:range=limited"
)
"""HDR with its diffuse white at 203 nits (ITU-R BT.2408) to BT.709."""


def _decode(
    episode: Media, span: tuple[int, int], size: tuple[int, int], look: Look | None, fades: tuple[float, float], encoder, sound: Path,
    out: Path,
) -> None:  # fmt: skip
    """Pictures of one span into the encoder, its sound to the end of the file `sound`."""
    seek, a = _seek(episode, span[0])
    b = a + span[1] - span[0]
    seconds = Fraction(b - a) / episode.rate
    filters = [_picture(episode, a, b, _size(episode) if look else size)]
    filters += [_framed(episode, look), f"scale={size[0]}:{size[1]}"] if look else []
    filters += [*_fades(seconds, fades), "format=yuv420p"]
    command = [*_ffmpeg(), *seek, "-t", f"{float(b / episode.rate) + 1:.6f}", "-i", as_source(episode.path), "-map", "0:v:0"]
    _run([*command, "-vf", ",".join(filters), "-frames:v", str(b - a), "-f", "rawvideo", "pipe:1"], out, encoder)
    if episode.sound:  # not by ffmpeg, whose filters begin anew where a broadcast changes from stereo to 5.1
        with sound.open("ab") as f:
            f.write(_sound(episode, span, fades).tobytes())


def _seek(episode: Media, frame: int) -> tuple[list[str], int]:
    """Where ffmpeg starts to decode for `frame`, and which frame it is counted from there."""
    skip = max(0, frame - round((_PREROLL + episode.gap) * episode.rate))
    if skip < episode.rate:  # where a seek so near the start fails, as in FLV, what ffmpeg has looked into already is lost
        skip = 0
    at = int((episode.begin + skip / episode.rate) * 1_000_000)  # rounded down: what comes before is cut off
    if skip or episode.gap:  # a transport stream counts from what is decoded of it first unless there is a seek
        return ["-ss", f"{at}us"], frame - skip
    return ["-itsoffset", f"-{at}us"], frame


def _size(episode: Media, height: int | None = None, upright: bool = False) -> tuple[int, int]:
    """Even width and height of what is written, pixels square; upright: 1080 x 1920, or the episode's own height below full HD."""
    shrink = min(1, Fraction(height or episode.height, episode.height))
    width, tall = (max(2, int(side * shrink) // 2 * 2) for side in (episode.width * episode.pixel, episode.height))
    if upright:
        tall = _TALL if episode.height >= 1080 else tall
        width = int(tall * UPRIGHT) // 2 * 2
    return width, tall


def _edges(spans: list[tuple[int, int]], seams: Collection[int] | None) -> list[tuple[float, float]]:
    """Seconds of fade in and out of each span."""
    if seams is None:
        return [(0.0, 0.0)] * len(spans)
    near = {f + d for f in seams for d in (-1, 0, 1)}  # a moments.csv rounds its seconds
    fades = [[0.0 if f in near else _DIP for f in span] for span in spans]
    fades[0][0] = fades[-1][1] = _FADE
    return [(a, b) for a, b in fades]


def _framed(episode: Media, look: Look) -> str:
    """The filter that cuts an upright picture out of the wide one: the centre glides from knot to knot of `look`."""
    width, height = _size(episode)
    w, h = min(width, round(height * UPRIGHT)), min(height, round(width / UPRIGHT))
    glides = []
    for (a, x), (b, y) in zip(look, [*look[1:], (look[-1][0] + 2, look[-1][1])]):
        slope = (y - x) * width / (b - a) if b - a > 1 else 0.0  # else the next shot begins
        glides.append(f"between(n,{a},{b - 1})*({x * width - w / 2:.2f}+{slope:.4f}*(n-{a}))")
    sums = [f"({'+'.join(glides[k : k + _TERMS])})" for k in range(0, len(glides), _TERMS)]
    return f"crop=w={w}:h={h}:x='{'+'.join(sums)}':y={(height - h) // 2}"


def _picture(episode: Media, a: int, b: int, size: tuple[int, int]) -> str:
    """Filters that cut frames [a, b), counted from the seek point."""
    # fps lays a steady grid from the seek point, holding the last picture where the film ends early; then counting is exact
    steady = f"fps={episode.rate}:start_time=0,tpad=stop=-1:stop_mode=clone,trim=start_frame={a}:end_frame={b},setpts=PTS-STARTPTS"
    woven = "bwdif=mode=send_frame:deint=interlaced"  # what is not flagged, or begins with a slate that is not, passes as it is for nothing
    bright = [_TO_SDR] if episode.hdr else []
    return ",".join([woven, steady, f"scale={size[0]}:{size[1]}:out_range=tv", *bright, "setsar=1"])


def _sound(episode: Media, span: tuple[int, int], fades: tuple[float, float]) -> np.ndarray:
    """The sound of a span, float32 [n, 2] at `SAMPLES`, faded in and out."""
    sound = hear(episode, *(float(f / episode.rate) for f in span), SAMPLES, stereo=True)
    left = np.arange(len(sound), dtype=np.float32)[:, None]
    into, out = (min(max(_CLICK, d) * SAMPLES, len(sound) / 4) for d in fades)
    return sound * np.minimum(np.minimum(left / into, left[::-1] / out), 1)


def _fades(seconds: Fraction, fades: tuple[float, float]) -> list[str]:
    """Filters that fade a picture in and out, so many seconds, that lasts so long."""
    into, out = (min(d, float(seconds) / 4) for d in fades)
    return [f"fade=t=in:d={into:.3f}"] * (into > 0) + [f"fade=t=out:st={float(seconds) - out:.6f}:d={out:.3f}"] * (out > 0)


def _ffmpeg(says: str = "error") -> list[str]:
    import imageio_ffmpeg

    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as e:
        raise EmofastError(str(e)) from None  # it says what to install or set
    return [program, "-hide_banner", "-nostats", "-loglevel", says, "-nostdin", "-y"]


def _run(command: list[str], out: Path, into=subprocess.DEVNULL) -> str:
    """Run ffmpeg, its output `into` a file; what it said. Raises as `render`."""
    done = subprocess.run(command, stdout=into, stderr=subprocess.PIPE)
    _check(done.returncode, done.stderr, out)
    return done.stderr.decode(errors="replace")


def _check(status: int, said: bytes, out: Path) -> None:
    if status == 0:
        return
    lines = said.decode(errors="replace").strip().splitlines()
    if _FULL in said:
        raise OSError(errno.ENOSPC, "disk full", str(out))
    raise EmofastError(f"{out.name} could not be rendered; ffmpeg says: {lines[-1] if lines else f'exit status {status}'}")
