"""Cutting: spans of an episode joined frame by frame into an H.264/AAC film that plays everywhere."""

from __future__ import annotations

import errno
import subprocess
from fractions import Fraction
from pathlib import Path

from emofast.errors import EmofastError
from emofast.paths import atomic_write
from emofast.video.media import Media

__all__ = ["render"]

_PREROLL = 2.0  # seconds decoded before a cut, so that a variable frame rate has its frame on the screen at the cut
_SAMPLES = 48000
_CLICK = 0.02  # seconds of sound fade at every joint, against clicks
_FADE = 0.25  # seconds of fade in and out of the whole trailer


def render(episode: Media, spans: list[tuple[int, int]], out: Path, *, height: int | None = None, crf: int = 18, fade: bool = True) -> None:
    """Write `spans` of `episode`, each (first frame, frame after the last) at `episode.rate`, one after the other into `out`.

    Constant frame rate, square pixels, even size, sound cut to the sample; a joint is exact to the frame. `height` shrinks the
    picture (previews). Raises `EmofastError` where ffmpeg fails, `OSError` where the disk is full; `out` is whole or absent.
    """
    inputs, graph = [], []
    for k, (a, b) in enumerate(spans):
        skip = max(0, a - round(_PREROLL * episode.rate))
        if skip:
            inputs += ["-ss", f"{float(skip / episode.rate):.6f}"]
        inputs += ["-t", f"{float((b - skip) / episode.rate) + 1:.6f}", "-i", str(episode.path)]
        graph += _segment(episode, k, a - skip, b - skip, height)
    total = sum(b - a for a, b in spans)
    graph.append(f"{''.join(f'[v{k}]' + (f'[a{k}]' if episode.sound else '') for k in range(len(spans)))}"
                 f"concat=n={len(spans)}:v=1:a={int(episode.sound)}[vj]{'[aj]' if episode.sound else ''}")  # fmt: skip
    graph += _ends(episode, float(total / episode.rate), fade)
    with atomic_write(out) as partial:
        command = [
            _ffmpeg(),
            "-hide_banner",
            "-loglevel",
            "error",
            "-nostdin",
            "-y",
            *inputs,
            "-filter_complex",
            ";".join(graph),
            "-map",
            "[v]",
        ]
        if episode.sound:
            command += ["-map", "[a]", "-c:a", "aac", "-b:a", "192k" if height is None else "64k"]
        command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-pix_fmt", "yuv420p", "-r", str(episode.rate),
                    "-frames:v", str(total), "-map_metadata", "-1", "-movflags", "+faststart", str(partial)]  # fmt: skip
        _run(command, out)


def _segment(episode: Media, k: int, a: int, b: int, height: int | None) -> list[str]:
    """Filters that cut frames `a` to `b` (counted from the input's seek point) of input `k` into [vk] and [ak]."""
    rate = episode.rate
    size = f"scale=-2:{height}" if height else "scale=trunc(iw*sar/2)*2:trunc(ih/2)*2"
    # fps lays a steady grid from the seek point, holding the last picture where the film ends early; then counting is exact
    steady = f"fps={rate}:start_time=0,tpad=stop=-1:stop_mode=clone,trim=start_frame={a}:end_frame={b},setpts=PTS-STARTPTS"
    picture = f"[{k}:v:0]{steady},{size},setsar=1,format=yuv420p[v{k}]"
    if not episode.sound:
        return [picture]
    start, end = (round(_SAMPLES * f / rate) for f in (a, b))
    length = Fraction(end - start, _SAMPLES)
    fades = f"afade=t=in:d={_CLICK},afade=t=out:st={float(length) - _CLICK:.6f}:d={_CLICK}"
    sound = (f"[{k}:a:0]aresample={_SAMPLES}:async=1:first_pts=0,apad=whole_len={end},atrim=start_sample={start}:end_sample={end},"
             f"asetpts=PTS-STARTPTS,{fades},aformat=sample_fmts=fltp:channel_layouts=stereo[a{k}]")  # fmt: skip
    return [picture, sound]


def _ends(episode: Media, seconds: float, fade: bool) -> list[str]:
    """Fade the whole film in and out: [vj], [aj] to [v], [a]."""
    d = min(_FADE, seconds / 4)
    picture = f"fade=t=in:d={d:.3f},fade=t=out:st={seconds - d:.3f}:d={d:.3f}" if fade else "null"
    sound = f"afade=t=in:d={d:.3f},afade=t=out:st={seconds - d:.3f}:d={d:.3f}" if fade else "anull"
    return [f"[vj]{picture}[v]"] + [f"[aj]{sound}[a]"] * episode.sound


def _ffmpeg() -> str:
    import imageio_ffmpeg

    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as e:
        raise EmofastError(
            f"no ffmpeg for this system: {e}. pip install imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE to an ffmpeg program"
        ) from None


def _run(command: list[str], out: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode == 0:
        return
    said = done.stderr.strip().splitlines()
    if any("No space left" in line for line in said):
        raise OSError(errno.ENOSPC, "disk full", str(out))
    raise EmofastError(f"{out.name} could not be rendered; ffmpeg says: {said[-1] if said else f'exit status {done.returncode}'}")
