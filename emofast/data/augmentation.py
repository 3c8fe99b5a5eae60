"""Augmentation that leaves an expression readable."""

from functools import partial

import torch
import torch.nn.functional as F
from fastai.data.transforms import Normalize
from fastai.torch_core import TensorImage
from fastai.vision import augment
from torch._C import DisableTorchFunctionSubclass


def face_augmentation(strength: float = 1.0) -> list:
    """fastai's batch augmentation within what leaves an expression readable: mirror, small turn, zoom, shift, light.

    `strength` scales turn, zoom and light; 0 keeps the mirror only. A face is never turned upside down or sheared.
    """
    if not strength:
        return _quick(augment.aug_transforms(max_rotate=0, min_zoom=1, max_zoom=1, max_lighting=0, max_warp=0, p_affine=0, p_lighting=0))
    return _quick(augment.aug_transforms(
        max_rotate=12 * strength, min_zoom=1 - 0.1 * strength, max_zoom=1 + 0.15 * strength, max_lighting=0.25 * strength,
        max_warp=0, p_affine=0.9, p_lighting=0.75, pad_mode="border",
    ))  # fmt: skip


def strong_augmentation(strength: float = 1.0) -> list:
    """What a webcam does to a face, for long training: everything of `face_augmentation` and more of it, boxes that sit
    15 % off or are 20 % too wide or tight, faces from far away, dim light, noise, and parts that are hidden.

    `strength` scales turn, box and light, and the share of pictures that are softened or hidden.
    """
    affine = {"pad_mode": "border", "mode": "bilinear"}
    moves = [
        augment.Flip(p=0.5, **affine),
        augment.Rotate(15 * strength, p=0.9, **affine),
        augment.AffineCoordTfm(aff_fs=partial(_box_mat, scale=0.2 * strength, shift=0.15 * strength), align_corners=True, **affine),
    ]
    light = [augment.Brightness(0.35 * strength, p=0.8), augment.Contrast(0.4 * strength, p=0.8)]
    return [*_quick(augment.setup_aug_tfms([*moves, *light])), Soften(p=0.15 * strength), Erase(p=0.5 * strength)]


def _quick(tfms: list) -> list:
    """fastai's combined transforms as those below, which draw the same numbers and give the same pictures."""
    return [QuickAffine(t.aff_fs, pad_mode=t.pad_mode) if isinstance(t, augment.AffineCoordTfm) else QuickLight(t.fs) for t in tfms]


class _Plain:
    """Draws its numbers on the faces of a batch as a tensor whose operations do not pass through Python."""

    def before_call(self, b, split_idx: int):
        with DisableTorchFunctionSubclass():
            super().before_call((b[0] if isinstance(b, tuple) else b).as_subclass(torch.Tensor), split_idx)


class QuickAffine(_Plain, augment.AffineCoordTfm):
    """fastai's affine transforms of a batch in two thirds of the time: its `affine_grid` multiplies a matrix for every pixel, and its
    `TensorImage` takes each step through Python. Pictures of validation, which it would resample to themselves, stay as they are."""

    def encodes(self, x: TensorImage):
        if self.split_idx:
            return x
        by_x, by_y, shift = self.mat.as_subclass(torch.Tensor)[:, None, None].unbind(-1)  # each [n, 1, 1, 2]
        down, across = (torch.linspace(-1, 1, side, device=x.device)[:, None] for side in x.shape[-2:])
        grid = (down * by_y + shift).transpose(1, 2) + across * by_x  # [n, h, w, 2]
        return TensorImage(F.grid_sample(x.as_subclass(torch.Tensor), grid, self.mode, self.pad_mode, align_corners=True))


class QuickLight(_Plain, augment.LightingTfm):
    """fastai's changes of light in a third of the time, on plain tensors."""

    def encodes(self, x: TensorImage):
        with DisableTorchFunctionSubclass():
            logits = torch.logit(x.as_subclass(torch.Tensor), 1e-7)
            for change in self.fs:
                logits = change(logits)
            return TensorImage(logits.sigmoid_())


class QuickNormalize(Normalize):
    """fastai's, in the picture's own memory."""

    def encodes(self, x: TensorImage):
        with DisableTorchFunctionSubclass():
            return x.sub_(self.mean).div_(self.std)


def _box_mat(x: torch.Tensor, scale: float, shift: float) -> torch.Tensor:
    """Affine matrices [n, 3, 3] of a face box `scale` too wide or tight at most, `shift` of its side off at most, drawn evenly.

    fastai's Zoom shifts only as far as it zooms: a loose box would always be centred.
    """
    size = 1 + scale * _uniform(x)
    zero = torch.zeros_like(size)
    return augment.affine_mat(size, zero, 2 * shift * _uniform(x), zero, size, 2 * shift * _uniform(x))


def _uniform(x: torch.Tensor) -> torch.Tensor:
    """One number in (-1, 1) per picture."""
    return torch.empty(len(x), device=x.device).uniform_(-1, 1)


class Soften(augment.RandTransform):
    """Pictures in [0, 1] as a poor camera sees them: a share `p` loses detail (as if 1.5 to 2.5 times smaller), as many get noise."""

    order = 90  # after the light, before Normalize

    def __init__(self, p: float = 0.15, noise: float = 0.06):
        super().__init__(p=1.0)
        self.share, self.noise = p, noise

    def encodes(self, x: TensorImage):
        x, h, w = x.clone(), *x.shape[-2:]
        blurred = (torch.rand(len(x), device=x.device) < self.share).nonzero()[:, 0]
        factor = 1.5 + torch.rand(1).item()
        small = F.interpolate(x[blurred], (round(h / factor), round(w / factor)), mode="area")
        x[blurred] = F.interpolate(small, (h, w), mode="bilinear")
        noisy = (torch.rand(len(x), device=x.device) < self.share).nonzero()[:, 0]
        spread = self.noise * torch.rand(len(noisy), 1, 1, 1, device=x.device)
        x[noisy] = (x[noisy] + spread * torch.randn_like(x[noisy])).clamp(0, 1)
        return x


class PoorCamera(augment.RandTransform):
    """Pictures in [0, 1] as a webcam in a dim room takes them, a share `p` of them: out of focus or shaken, with a quarter to twice the
    light, cut off at white, in noise. Lengths are of a face 48 pixels wide and grow with larger ones."""

    order = 91  # after the light and Soften, before Normalize

    def __init__(self, p: float = 0.5, blur: float = 2.2, stops: tuple[float, float] = (-2.0, 0.9), noise: float = 0.07):
        super().__init__(p=1.0)
        self.share, self.blur, self.stops, self.noise = p, blur, stops, noise

    def encodes(self, x: TensorImage):
        x = x.as_subclass(torch.Tensor).clone()
        taken = (torch.rand(len(x), device=x.device) < self.share).nonzero()[:, 0]
        if len(taken):
            faces = _shaken(x[taken], self.blur * x.shape[-1] / 48)
            gain, spread = (torch.empty(len(taken), 1, 1, 1, device=x.device).uniform_(*r) for r in (self.stops, (0, self.noise)))
            x[taken] = (gain.exp2() * (faces + spread * torch.randn_like(faces))).clamp(0, 1)
        return TensorImage(x)


def _shaken(faces: torch.Tensor, most: float) -> torch.Tensor:
    """Each of [n, c, h, w] under a Gaussian of its own, up to `most` pixels of standard deviation along a random direction, less across."""
    n, c = faces.shape[:2]
    angle, along, across = (torch.rand(n, 1, 1, device=faces.device) for _ in range(3))
    along = (most * along).clamp(min=0.2)
    across = (along * across).clamp(min=0.2)
    reach = round(2.5 * most)
    steps = torch.arange(-reach, reach + 1, device=faces.device)
    right, down = torch.cos(torch.pi * angle), torch.sin(torch.pi * angle)
    far = (right * steps + down * steps[:, None]) / along
    aside = (down * steps - right * steps[:, None]) / across
    kernel = torch.exp(-(far**2 + aside**2) / 2)
    kernel = (kernel / kernel.sum((1, 2), keepdim=True)).repeat_interleave(c, 0)[:, None]
    padded = F.pad(faces, (reach,) * 4, mode="replicate").flatten(0, 1)[None]
    return F.conv2d(padded, kernel, groups=n * c).view_as(faces)


class Erase(augment.RandTransform):
    """Hides a rectangle of `area` (least, most) of each picture, of a share `p` of them, under noise (Zhong et al. 2020,
    arXiv:1708.04896). fastai's RandomErasing hides the same rectangle of the whole batch."""

    order = 101  # after Normalize: the noise has the spread of a picture

    def __init__(self, p: float = 0.5, area: tuple[float, float] = (0.02, 0.2)):
        super().__init__(p=1.0)
        self.share, self.area = p, area

    def encodes(self, x: TensorImage):
        n, device = len(x), x.device
        area = torch.empty(n, device=device).uniform_(*self.area) * (torch.rand(n, device=device) < self.share)
        ratio = torch.empty(n, device=device).uniform_(-1, 1).exp().sqrt()
        rows, columns = _within(x.shape[-2], (area * ratio).sqrt()), _within(x.shape[-1], (area / ratio).sqrt())
        covered = rows[:, None, :, None] & columns[:, None, None, :]
        return torch.where(covered, torch.randn_like(x), x)


def _within(side: int, share: torch.Tensor) -> torch.Tensor:
    """For each of n pictures a random stretch of `share` of a side: bool [n, side]."""
    place = torch.arange(side, device=share.device)[None] / side
    start = torch.rand_like(share) * (1 - share)
    return (place >= start[:, None]) & (place < (start + share)[:, None])
