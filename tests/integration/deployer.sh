#!/usr/bin/env bash
# The Deployer contract on a booted host: build/*/bin/booted_deployer_test run inside a scratch host.
# Usage: deployer.sh [BUILD-DIRECTORY]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/integration/checks
checks_begin "${1:-}"

cp "$checks_build/bin/booted_deployer_test" "$checks_dir/test-program"
host_create "$checks_dir/host" || exit 1
cp "$checks_dir/test-program" "$checks_dir/host/bin/booted_deployer_test"
for name in first second; do
  host_image "$checks_dir/host" "$name" || exit 1
  # On the physical sysroot, from outside: the host itself has it read-only.
  ostree pull-local --repo="$checks_dir/host/sysroot/ostree/repo" "$checks_dir/host/content" "$name" >/dev/null || exit 1
  host_enter "$checks_dir/host" -- sh -c 'cat >>/var/tmp/commits' <"$checks_dir/host/images/$name/commit"
done

check "the contract holds on a booted host with a read-only /sysroot" \
  host_enter "$checks_dir/host" -- booted_deployer_test --gtest_brief=1
check "the mounts of the host itself stayed read-only" \
  host_enter "$checks_dir/host" -- sh -c '! touch /sysroot/x 2>/dev/null && ! touch /boot/x 2>/dev/null'
check "the repository is sound" ostree fsck --quiet --repo="$checks_dir/host/sysroot/ostree/repo"
checks_end
