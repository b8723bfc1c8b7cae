"""The method: from recordings as arrays to the sound of the result."""
