"""The command `pendapa`, and `python -m pendapa`."""

import sys

from pendapa.server.commands import main

if __name__ == "__main__":
    sys.exit(main())
