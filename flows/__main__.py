"""`python -m flows` and the console script `tenderfax`: the same program."""

import sys

from flows.command_line import run


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
