"""`python -m styletransfer`: see cli/__init__.py."""

from styletransfer.cli import main

if __name__ == "__main__":
    main()
