#!/usr/bin/env bash
# Set-up, then the tests: ./run_tests.sh [pytest arguments], e.g. ./run_tests.sh -m slow, ./run_tests.sh tests/data -k split
set -euo pipefail
case " $* " in *" --help "* | *" -h "*) sed -n '2s/^# //p' "$0"; exit ;; esac
cd "$(dirname "$0")"
. ./set_up.sh
set_up
stage "Style" "1 s"
"$PYTHON" -m ruff check .
stage "Tests" "6 min on two fast cores with nothing beside them"
exec "$PYTHON" -m pytest --numprocesses 2 --dist loadfile "$@"
