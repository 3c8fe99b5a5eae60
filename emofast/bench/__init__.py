"""Measured speed: ratios and percentiles that tests never assert, each with the machine it was measured on."""
