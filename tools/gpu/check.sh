#!/bin/sh
# Checks this project on a GPU and measures it there, PyTorch beside it:
#
#     tools/gpu/check.sh [DEVICE]          DEVICE: cuda (default), cuda:N, cpu
#
# Build with -P gpu first. Every step runs, whatever became of those before; the end says which failed,
# and so does the exit status. The environment may say:
#     PYTHON      a Python with torch for that device and transformers (default: python3)
#     PRESET      the size of the model that is made beside the small ones (default: 1b)
#     BENCHMARKS  what is measured, names of `spiritlm bench --list` (default: six of them; "" for none)
#     WORK        where models are made (default: a new folder, removed at the end; 4 GB for 1b)
set -u

device=${1:-cuda}
python=${PYTHON:-python3}
preset=${PRESET:-1b}
benchmarks=${BENCHMARKS-decode-1b-bf16 prefill-1b-bf16 hubert-10s style-10s vocoder-4s vocoder-20s}
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

# What the launcher sets.
export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-10000}" KMP_BLOCKTIME="${KMP_BLOCKTIME:-0}"
export THP_MEM_ALLOC_ENABLE="${THP_MEM_ALLOC_ENABLE:-1}"

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
  # shellcheck disable=SC2016 # for the shell within
  step "make a model: $1" 240 sh -c '"$0" "$@" >/dev/null' "$home/spiritlm" init --preset "$1" \
    -o "$work/$1" --force
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

generate() { # WAY OPTION...
  # shellcheck disable=SC2016 # for the shell within
  step "generate $*" 90 sh -c '
    json=$0/answer.json
    "$@" >"$json" && sed "s/.*\"finish_reason\"/finish_reason/; s/\"segments.*\"timings\"/timings/" "$json"
    ' "$work" "$home/spiritlm" generate --model "$work/$preset" --device "$device" --greedy --json \
    --text "The sun rises" --speech "$audio" --max-new-tokens 200 --to "$@"
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
init "$preset"
compare "$preset" "$work/$preset"
generate text
generate speech --stream -o "$work/answer"
for name in $benchmarks; do
  step "measure $name" 150 "$python" "$home/tools/bench/compare.py" --device "$device" --rounds 5 \
    --python "$python" "$name"
done

echo
if [ -n "$failed" ]; then
  echo "failed on $device:$failed"
  exit 1
fi
echo "everything works on $device"
