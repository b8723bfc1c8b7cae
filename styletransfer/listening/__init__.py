"""Blind listening tests: how one is planned, taken, kept and read. Nothing here knows Gradio."""
