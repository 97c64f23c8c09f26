"""Measuring a stitch on a split."""
