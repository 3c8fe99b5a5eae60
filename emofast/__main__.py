"""`python -m emofast ...`"""

import sys

from emofast.cli import main

sys.exit(main())
