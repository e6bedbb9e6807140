"""``python -m cdinfra`` is the ``cdinfra`` command."""

from cdinfra.cli import main

if __name__ == "__main__":
    main()
