"""Augmentation that leaves an expression readable."""

from __future__ import annotations

from fastai.vision.augment import aug_transforms

__all__ = ["face_augmentation"]


def face_augmentation(strength: float = 1.0) -> list:
    """fastai's batch augmentation within what leaves an expression readable: mirror, small turn, zoom, shift, light.

    `strength` scales turn, zoom and light; 0 keeps the mirror only. A face is never turned upside down or sheared.
    """
    if not strength:
        return aug_transforms(max_rotate=0, min_zoom=1, max_zoom=1, max_lighting=0, max_warp=0, p_affine=0, p_lighting=0)
    return aug_transforms(
        max_rotate=12 * strength,
        min_zoom=1 - 0.1 * strength,
        max_zoom=1 + 0.15 * strength,
        max_lighting=0.25 * strength,
        max_warp=0,
        p_affine=0.9,
        p_lighting=0.75,
        pad_mode="border",
    )
