"""What scripts can call, and what the page's buttons run."""
