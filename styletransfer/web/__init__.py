"""The page. Only this package imports Gradio; launch.py puts it together."""
