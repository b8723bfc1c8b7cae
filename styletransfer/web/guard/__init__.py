"""What stands between the network and the page: whom a request comes from, and what is let through.

Pure ASGI, a module for each thing, put together in `gate.py`. It covers every address, those of listening tests and
static files too, which are not behind Gradio's login.
"""
