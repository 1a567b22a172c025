"""`python -m duban`: the command line, where its script is not on the path."""

from duban.cli import main

if __name__ == "__main__":
    main()
