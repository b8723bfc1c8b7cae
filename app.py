"""Opens the page: `python app.py`, which is what hosted demos start; `styletransfer page` does the same."""

from styletransfer.cli.page import page

if __name__ == "__main__":
    page()
