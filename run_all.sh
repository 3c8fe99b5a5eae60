#!/usr/bin/env bash
# Everything from nothing to the leaderboard submission. Killed, it goes on where it was; what is recorded is skipped.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: ./run_all.sh [--data sample|DIR] [--quick] [--submit] [--only NN,NN] [--weights imagenet|none|FILE] | --setup

  --data     data set: a folder in the competition's layout, or the drawn sample
             (default: data/skillbox if it is there, else the drawn sample)
  --quick    four epochs on at most 2,000 pictures: shows that everything works, in minutes
  --submit   send submission.csv to Kaggle at the end, without asking; without --data, download the competition first
  --only     run these experiments, e.g. --only 01,07
  --weights  where networks start (default: imagenet where they can be fetched; none on the drawn sample)
  --setup    only make the environment: all that webcam.py and trailer.py need

examples: ./run_all.sh --quick
          ./run_all.sh --data data/skillbox --submit
USAGE
}

data='' quick='' submit='' only='' weights=''
value() { [ -n "${2:-}" ] || { echo "error: $1 needs a value, see ./run_all.sh --help" >&2; exit 2; }; }
while [ $# -gt 0 ]; do
    case $1 in
        --data) value "$@"; data=$2; shift ;;
        --only) value "$@"; only=$2; shift ;;
        --weights) value "$@"; weights=$2; shift ;;
        --setup) cd "$(dirname "$0")"; . ./set_up.sh; set_up; echo "ready; now: source .venv/bin/activate"; exit ;;
        --quick) quick=--quick ;;
        --submit) submit=yes ;;
        -h | --help) usage; exit ;;
        *) echo "error: unknown argument $1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done
# relative paths are the caller's
case $data in '' | sample | /*) ;; *) data=$PWD/$data ;; esac
case $weights in '' | /*) ;; *) [ ! -f "$weights" ] || weights=$PWD/$weights ;; esac
cd "$(dirname "$0")"
. ./set_up.sh

scripts=() readers=()  # the student and the ensemble read what the others have recorded
for script in experiments/[0-9][0-9]_*.py; do
    number=$(basename "$script"); number=${number%%_*}
    case ",$only," in ,, | *,"$number",*) ;; *) continue ;; esac
    case $number in 10 | 11) readers+=("$script") ;; *) scripts+=("$script") ;; esac
done
scripts+=(${readers[@]+"${readers[@]}"})  # bash 3.2 of macOS calls an empty list unbound
if [ ${#scripts[@]} = 0 ]; then
    echo "error: --only $only names no script in experiments/; there are: $(cd experiments && echo [0-9]*.py)" >&2
    exit 2
fi

set_up
if [ -z "$data" ] && [ -n "$submit" ] && [ ! -f data/skillbox/train.zip ] && [ ! -d data/skillbox/train ]; then
    stage "0/4 Data: Kaggle and Google Drive" "2.5 GB; a broken download goes on"
    "$PYTHON" -m emofast data download
fi
if [ -z "$data" ]; then
    if [ -d data/skillbox ]; then
        data=data/skillbox
    else
        data=sample
        cat <<'BANNER'

 ****************************************************************************
 *  data/skillbox is not there: this run uses the DRAWN SAMPLE.             *
 *  It shows that everything works; its numbers say nothing about faces.    *
 *  Real photographs: python -m emofast data download, or --data DIR.       *
 ****************************************************************************
BANNER
    fi
fi
if [ -z "$weights" ]; then
    if [ "$data" = sample ]; then
        weights=none
    elif "$PYTHON" -m emofast doctor --hub; then
        weights=imagenet
    else
        weights=none
    fi
fi
echo "data: $data   weights: $weights   experiments: ${scripts[*]##*/}"

stage "1/4 Data: read, checked" "seconds; the sample is drawn first, 30 s"
"$PYTHON" -m emofast data check --data "$data"

stage "2/4 Experiments: ${#scripts[@]}" "with --quick half a minute each; in full 10 to 80 min each on two cores, minutes on a GPU; what is recorded is skipped"
for script in "${scripts[@]}"; do
    "$PYTHON" "$script" --data "$data" --weights "$weights" --resume $quick
done

stage "3/4 Leaderboard" "10 s"
"$PYTHON" -m emofast leaderboard --data "$data" $quick

stage "4/4 Submission" "5 s"
"$PYTHON" -m emofast submission --data "$data" $quick
if [ -n "$submit" ]; then
    stage "Sending to Kaggle" "a minute"
    "$PYTHON" -m emofast submit --data "$data" $quick --yes
fi
