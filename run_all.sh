#!/usr/bin/env bash
# Everything from nothing to the leaderboard submission. Killed, it goes on where it was; what is recorded is skipped.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: ./run_all.sh [--data sample|DIR] [--quick] [--submit] [--only NN,NN|all] [--weights imagenet|none|FILE] [--device cpu|cuda] [--engine ray [--address HOST:PORT]] | --setup

  --data     data set: a folder in the competition's layout, or the drawn sample
             (default: data/skillbox if it is there, else the drawn sample)
  --quick    a tour of the ideas in minutes: some experiments, shortened; with --only all every one, shortened
  --submit   send submission.csv to Kaggle at the end, without asking; without --data, download the competition first
  --only     run these experiments, e.g. --only 01,07
  --weights  where networks start that have pretrained weights (default: each script's own; where they cannot be had, none, and it is said)
  --device   cpu or cuda (default: the GPU where there is one)
  --engine   ray: experiments as tasks of Ray, at once on this machine's GPUs
  --address  HOST:PORT, or auto: of the Ray cluster that runs already; it needs the data and this folder on every machine
  --setup    only make the environment: all that webcam.py and trailer.py need

An experiment that fails does not stop the others: it is named at the end, nothing is sent, and the exit status is 1.

examples: ./run_all.sh --quick
          ./run_all.sh --data data/skillbox --submit
USAGE
}

data='' quick='' submit='' only='' weights='' device='' engine='' address=''
value() { [ -n "${2:-}" ] || { echo "error: $1 needs a value, see ./run_all.sh --help" >&2; exit 2; }; }
while [ $# -gt 0 ]; do
    case $1 in
        --data) value "$@"; data=$2; shift ;;
        --only) value "$@"; only=$2; shift ;;
        --weights) value "$@"; weights=$2; shift ;;
        --device) value "$@"; device=$2; shift ;;
        --engine) value "$@"; engine=$2; shift ;;
        --address) value "$@"; address=$2; shift ;;
        --setup) cd "$(dirname "$0")"; . ./set_up.sh; set_up; [ "$PYTHON" != "$PWD/.venv/bin/python" ] || echo "ready; now: source .venv/bin/activate"; exit ;;
        --quick) quick=--quick ;;
        --submit) submit=yes ;;
        -h | --help) usage; exit ;;
        *) echo "error: unknown argument $1, see ./run_all.sh --help" >&2; exit 2 ;;
    esac
    shift
done
[ -z "$address" ] || [ -n "$engine" ] || { echo "error: --address is that of a Ray cluster: add --engine ray, or leave it out" >&2; exit 2; }
# relative paths are the caller's
case $data in '' | sample | /*) ;; *) data=$PWD/$data ;; esac
case $weights in '' | /*) ;; *) [ ! -f "$weights" ] || weights=$PWD/$weights ;; esac
cd "$(dirname "$0")"
. ./set_up.sh
set_up

if [ -z "$data" ]; then
    if [ -d data/skillbox/train ]; then
        data=data/skillbox
    elif data=$("$PYTHON" -c 'from emofast.data.competition import mounted; print(mounted() or "")') && [ -n "$data" ]; then
        echo "data: $data, mounted here"
    elif [ -n "$submit" ]; then
        stage "0/4 Data: Kaggle and Google Drive" "2.5 GB; a broken download goes on, a finished one is only checked"
        "$PYTHON" -m emofast data download
        data=data/skillbox
    elif [ -d data/skillbox ]; then
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
# each experiment after what it reads, and those that suit the pictures: the scripts say so themselves
plan=("$PYTHON" -m emofast plan --data "$data" --only "$only" $quick)
scripts=$("${plan[@]}")
echo "data: $data   experiments: $(echo $scripts | sed 's#experiments/##g')"

stage "1/4 Data: read, checked" "seconds; the sample is drawn first, a minute"
"$PYTHON" -m emofast data check --data "$data"

stage "2/4 Experiments: $(echo "$scripts" | wc -w | tr -d ' ')" "with --quick one to two minutes each; in full 2 to 130 min each on two cores, minutes on a GPU, which those for large photographs want; what is recorded is skipped"
failed=''
if [ -n "$engine" ]; then
    status=0 flags="--data $(printf %q "$data") ${weights:+--weights $(printf %q "$weights")} ${device:+--device $(printf %q "$device")} --resume $quick"
    "${plan[@]}" --flags "$flags" | "$PYTHON" -m emofast.season.commands --engine "$engine" ${address:+--address "$address"} || status=$?
    case $status in 0) ;; 130 | 143) exit "$status" ;; *) failed=' see above' ;; esac
    scripts=''
fi
for script in $scripts; do
    status=0
    "$PYTHON" "$script" --data "$data" ${weights:+--weights "$weights"} ${device:+--device "$device"} --resume $quick || status=$?
    case $status in
        0) ;;
        130 | 143) exit "$status" ;;
        *) failed="$failed ${script##*/}" ;;
    esac
done

tell() { [ -z "$failed" ] || echo "error: these experiments failed, the messages above say why:$failed" >&2; }
trap tell EXIT
stage "3/4 Ensemble and submission" "10 s"
"$PYTHON" -m emofast submission --data "$data" $quick || { status=$?; [ -z "$failed" ] || status=1; exit "$status"; }

stage "4/4 Leaderboard" "10 s"
"$PYTHON" -m emofast leaderboard --data "$data" $quick
[ -z "$failed" ] || exit 1
if [ -n "$submit" ]; then
    stage "Sending to Kaggle" "a minute"
    "$PYTHON" -m emofast submit --data "$data" $quick --yes
fi
