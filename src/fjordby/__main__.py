"""Run the command line with `python -m fjordby`."""

from fjordby.cli import main

main()
