#!/bin/sh
# Judges a model and prints the table of its figures in Markdown:
#   tools/evaluation/quality.sh MODEL MANIFEST DIR [OPTIONS of eval]
# PYTHON is a Python with tools/evaluation/requirements.txt (default: python3); THREADS are those of the recogniser.
set -eu

[ $# -ge 3 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
home=$(CDPATH= cd -P -- "$(dirname -- "$0")/../.." && pwd)
model=$1 manifest=$2 directory=$3
shift 3

"$home/spiritlm" eval "$model" --corpus "$manifest" -o "$directory" "$@" >/dev/null
if [ -s "$directory/audio/manifest.jsonl" ]; then
  "${PYTHON:-python3}" "$home/tools/evaluation/transcribe.py" "$directory/audio/manifest.jsonl" \
    -o "$directory/transcripts.jsonl" --threads "${THREADS:-0}" >&2
  set -- "$@" --transcripts "$directory/transcripts.jsonl"
fi
exec "$home/spiritlm" eval "$model" --corpus "$manifest" -o "$directory" "$@"
