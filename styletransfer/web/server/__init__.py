"""The page's work behind the scenes: jobs, their queue, visitors' files."""
