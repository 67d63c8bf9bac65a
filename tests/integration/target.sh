#!/usr/bin/env bash
# A target that is replaced again and again while pivotd follows it: the newest wins, nothing half is acted on.
# Usage: target.sh [BUILD-DIRECTORY]     PIVOTD_TARGETS=1000 how many
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/integration/checks
checks_begin "${1:-}"
targets=${PIVOTD_TARGETS:-1000}

host=$checks_dir/host
host_create "$host" || exit 1
cp "$checks_build/bin/pivotd" "$checks_build/bin/pivotctl" "$host/bin/"
host_registry "$checks_dir" || exit 1
host_image "$host" os || exit 1
image=$(host_push "$host" os "127.0.0.1:$registry_port/os:1") || exit 1
checks_settings "$host" "127.0.0.1:$registry_port"
checks_target "$checks_dir/target" replaced "$image" n=0
checks_set_target "$host" "$checks_dir/target"
host_enter "$host" -- pivotd </dev/null >"$checks_dir/log" 2>&1 &
daemon=$!

is_staged() { checks_wait 120 checks_next_has "$host" "$image" "$1"; }
log_lines() { wc -l <"$checks_dir/log"; }

# replace COUNT: by renaming, by writing in place, and by switching a link, as fast as a shell can.
# shellcheck disable=SC2016
replace='
  cd /etc/pivotd
  template=$(cat)
  for ((i = 1; i <= $1; i++)); do
    content=${template//n=0/n=$i}
    case $((i % 3)) in
      0) printf "%s\n" "$content" >.new && mv .new machineconfig.json ;;
      1) rm -f machineconfig.json && printf "%s" "${content:0:200}" >machineconfig.json && printf "%s\n" "${content:200}" >>machineconfig.json ;;
      2) printf "%s\n" "$content" >"version-$((i % 2))" && ln -sfn "version-$((i % 2))" .link && mv -T .link machineconfig.json ;;
    esac
  done'

check "the first target is staged" is_staged n=0
check "replaced $targets times" host_enter "$host" -- bash -c "$replace" replace "$targets" <"$checks_dir/target"
check "the last one is what boots next" is_staged "n=$targets"
check "pivotd still runs" kill -0 "$daemon"
check "no version was an error" sh -c "! grep -E '^(error|warning)' '$checks_dir/log'"
lines=$(log_lines)
check "written again unchanged" host_enter "$host" -- sh -c 'cd /etc/pivotd && cat machineconfig.json >.new && mv .new machineconfig.json'
check "and that costs nothing" sh -c "sleep 3; [ \$(wc -l <'$checks_dir/log') -eq $lines ]"
check "nothing unfinished is left" checks_has_no_transactions "$host/sysroot"
check "the repository is sound" ostree fsck --quiet --repo="$host/sysroot/ostree/repo"
checks_end
