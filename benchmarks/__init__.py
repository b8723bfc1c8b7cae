"""Measurements, run by hand: each module is a command. Nothing in the program imports them."""
