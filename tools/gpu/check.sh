#!/bin/sh
# Checks this project on a GPU and measures it there, PyTorch beside it:
#
#     tools/gpu/check.sh [DEVICE]          DEVICE: cuda (default), cuda:N, cpu
#
# Build with -P gpu first. PYTHON names a Python with torch for that device and transformers (default:
# python3). Models are made in WORK (default: a new folder, removed at the end; 7 GB). Every step runs,
# whatever became of those before; the end says which failed, and so does the exit status.
set -u

device=${1:-cuda}
python=${PYTHON:-python3}
home=$(CDPATH= cd -P -- "$(dirname -- "$0")/../.." && pwd) || exit 1
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
fixtures=$home/core/src/test/resources/parity
audio=$home/examples/speech.flac
if [ -n "${WORK:-}" ]; then
  work=$WORK
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
failed=

now() {
  date +%s
}

step() { # NAME SECONDS COMMAND...
  name=$1 limit=$2
  shift 2
  echo
  echo "== $name"
  began=$(now)
  timeout "$limit" "$@" 2>&1
  status=$?
  spent=$(($(now) - began))
  if [ "$status" -eq 0 ]; then
    echo "-- $name: done in $spent s"
  else
    failed="$failed
  $name (exit status $status after $spent s)"
    echo "-- $name: FAILED with exit status $status after $spent s"
  fi
}

init() { # PRESET
  step "make a model: $1" 240 "$home/spiritlm" init --preset "$1" -o "$work/$1" --force
}

compare() { # NAME MODEL [VARIANT]
  read -r jars <"$home/app/target/classpath"
  name=$1
  directory=$2
  shift 2
  # shellcheck disable=SC2086 # options are words
  step "compare with the CPU: $name" 180 "$java" -XX:+UseSerialGC ${JAVA_OPTS:-} "-Dspiritlm.home=$home" \
    -cp "$home/app/target/spiritlm-app.jar:$jars" "$home/tools/gpu/CompareDevices.java" \
    "$directory" "$audio" "$device" "$@"
}

measure() { # NAME...
  step "measure: $*" 150 "$python" "$home/tools/bench/compare.py" --device "$device" --rounds 5 \
    --python "$python" "$@"
}

case $device in
  --help | -h)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    exit
    ;;
esac

step "this machine" 60 "$home/spiritlm" doctor
init toy
compare toy "$work/toy"
compare "the fixtures, EXPRESSIVE" "$fixtures/checkpoints" expressive
compare "the fixtures, BASE" "$fixtures/checkpoints" base
init 1b
compare 1b "$work/1b"
for way in text speech; do
  step "generate $way" 60 "$home/spiritlm" generate --model "$work/1b" --device "$device" --stream \
    --text "The sun rises" --speech "$audio" --to $way --max-new-tokens 200 --json -o "$work/answer.$way"
done
measure read-bandwidth decode-1b-bf16
measure prefill-1b-bf16
measure hubert-10s style-10s
measure vocoder-4s vocoder-20s

echo
if [ -n "$failed" ]; then
  echo "failed on $device:$failed"
  exit 1
fi
echo "everything works on $device"
