"""Network classes, weights to start from, and what a network needs beside its weights: all that opening a shipped model imports."""
