"""What the page draws, and its looks."""
