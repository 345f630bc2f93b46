"""`python -m conclugen.cli`, where the command itself is not on the path."""

from conclugen.cli.main import main

if __name__ == "__main__":
    main()
