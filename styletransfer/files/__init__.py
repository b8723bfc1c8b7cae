"""Recordings and reports as files."""
