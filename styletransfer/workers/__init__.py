"""Who makes results: in this process, or in processes that may die alone."""
