"""A season: a table of recordings into one trailer folder per episode and a summary page, on one machine or many.

The unit of work is a piece of one recording. Engines differ only in where a piece is computed; its bytes come back to the machine
that was asked, which alone writes. So a run that was killed goes on from files, whatever engine wrote them.
"""
