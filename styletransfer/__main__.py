"""`python -m styletransfer`: see cli.py."""

from styletransfer.cli import main

if __name__ == "__main__":
    main()
