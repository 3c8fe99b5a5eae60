"""A model whose answers are known: a bright face is happy, a dark one sad."""

from live.conftest import model

__all__ = ["model"]
