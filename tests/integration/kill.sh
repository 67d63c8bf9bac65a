#!/usr/bin/env bash
# kill -9 at random moments of updates on a booted host: the repository is sound after each, the host can boot, and the
# next run reaches the target. Usage: kill.sh [BUILD-DIRECTORY]
#   PIVOTD_KILLS=50 how many updates   PIVOTD_SEED=N the moments of an earlier run
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/integration/checks
checks_begin "${1:-}"
kills=${PIVOTD_KILLS:-10}
seed=${PIVOTD_SEED:-$RANDOM}
RANDOM=$seed
echo "seed $seed, $kills updates"

host=$checks_dir/host
host_create "$host" || exit 1
cp "$checks_build/bin/pivotd" "$checks_build/bin/pivotctl" "$host/bin/"
host_registry "$checks_dir" || exit 1
# Two images with files of their own, so that each update has objects to write.
for name in first second; do
  mkdir -p "$host/overlay/$name/usr/share/payload"
  for ((i = 0; i < 400; i++)); do head -c $((i * 40 + 10)) /dev/urandom >"$host/overlay/$name/usr/share/payload/$i"; done
  host_image "$host" "$name" || exit 1
done
first=$(host_push "$host" first "127.0.0.1:$registry_port/os:first" docker gzip) || exit 1
second=$(host_push "$host" second "127.0.0.1:$registry_port/os:second" oci zstd 3) || exit 1
checks_settings "$host" "127.0.0.1:$registry_port"

run_once() { host_enter "$host" -- pivotd --once; }
run_and_kill() { host_enter "$host" -- timeout --signal=KILL "$1" pivotd --once; } # SECONDS
boots_something_whole() {
  # The old or the new one: whatever boots next must be there and have its arguments.
  host_crash "$host" && host_enter "$host" -- sh -c 'grep -q "root=UUID=5f3a rw console=ttyS0" /proc/cmdline && ostree admin status'
}

# How long an undisturbed update takes says where the moments may be.
checks_target "$checks_dir/target" warm-up "$first" warm=up
checks_set_target "$host" "$checks_dir/target"
begin=$(date +%s%N)
status=0
run_once >"$checks_dir/log" 2>&1 || status=$?
whole=$((($(date +%s%N) - begin) / 1000000))
check "an undisturbed update ($status, $whole ms)" checks_is_one_of "$status" 4 || cat "$checks_dir/log"

for ((n = 1; n <= kills; n++)); do
  if ((n % 2)); then image=$second; else image=$first; fi
  checks_target "$checks_dir/target" "target-$n" "$image" "n=$n"
  checks_set_target "$host" "$checks_dir/target"
  moment=$((RANDOM % (whole + 1)))
  run_and_kill "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))" >"$checks_dir/log" 2>&1
  check "$n: the repository is sound after kill -9 at $moment ms" ostree fsck --quiet --repo="$host/sysroot/ostree/repo"
  if ((n % 3 == 0)); then check "$n: and after a power cut the host boots" boots_something_whole; fi
  status=0
  run_once >"$checks_dir/log" 2>&1 || status=$?
  check "$n: the next run reaches the target ($status)" checks_is_one_of "$status" 4 77 || cat "$checks_dir/log"
  check "$n: what boots next is that target" checks_next_has "$host" "$image" "n=$n"
  if ((n % 5 == 0)); then
    check "$n: the host reboots" host_reboot "$host"
    status=0
    run_once >"$checks_dir/log" 2>&1 || status=$?
    check "$n: and is proven ($status)" checks_has_phase "$host" verified
    check "$n: and nothing unfinished is left" checks_has_no_transactions "$host/sysroot"
  fi
done
checks_end
