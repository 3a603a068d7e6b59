"""`python -m cli` is `surveillance`."""

from cli.main import main

if __name__ == "__main__":
    main()
