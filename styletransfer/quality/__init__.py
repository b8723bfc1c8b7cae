"""What a result is judged by: the report card and the figures."""
