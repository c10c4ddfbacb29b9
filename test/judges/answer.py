"""A Python program that stays: one JSON request a line on stdin, one JSON answer a line on stdout (see ask.mjs)."""
import json
import sys


def answer(function):
    out, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    for line in sys.stdin:
        try:
            said = {"value": function(json.loads(line))}
        except Exception as error:
            said = {"raised": f"{type(error).__name__}: {error}"}
        out.write(json.dumps(said) + "\n")
        out.flush()
