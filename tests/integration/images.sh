#!/usr/bin/env bash
# Images as real tools make them, from a real registry, each into a sysroot that nothing is booted from and that has none
# of its objects: every one is imported, and the repository is sound after it. Usage: images.sh [BUILD-DIRECTORY]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
source tests/integration/checks
checks_begin "${1:-}"

host_image "$checks_dir/made" os 2.0 || exit 1
commit=$(cat "$checks_dir/made/images/os/commit")
objects=$(find "$checks_dir/made/images/os/root/srv/repo/objects" -type f | wc -l)
host_registry "$checks_dir" || exit 1
repository=127.0.0.1:$registry_port/os

# update SYSROOT REFERENCE: one run of pivotd on it.
update() {
  checks_target "$1.json" test "$2" quiet
  cat >"$1.conf" <<TOML
[target]
file = "$1.json"
[state]
directory = "$1-state"
[runtime]
directory = "$1-run"
[image]
insecure = ["127.0.0.1:$registry_port"]
[deploy]
backend = "ostree"
sysroot = "$1"
[reboot]
command = "none"
mark = "$1-reboot-required"
TOML
  "$checks_build/bin/pivotd" --config "$1.conf" --once
}

is_deployed() {
  local found
  found=$(ostree admin status --sysroot="$1")
  case $found in *" $commit.0"*) return 0 ;; esac
  echo "$found"
  return 1
}
has_arguments() { grep -Eq '^options root=UUID=5f3a quiet ostree=' "$1"/boot/loader/entries/*.conf; }
# A repository on a host keeps links as links, one inside an image as files.
has_every_object() { [ "$(find "$1/ostree/repo/objects" ! -type d | wc -l)" -ge "$objects" ]; }

# A sysroot with one deployment of next to nothing, so that there is something to base the next one on.
make_sysroot() { # SYSROOT
  local tiny=$checks_dir/tiny
  if [ ! -d "$tiny" ]; then
    mkdir -p "$tiny/usr/etc" "$tiny/usr/lib/modules/1" || return 1
    echo 'PRETTY_NAME=Tiny' >"$tiny/usr/lib/os-release"
    echo tiny kernel >"$tiny/usr/lib/modules/1/vmlinuz"
    echo tiny initramfs >"$tiny/usr/lib/modules/1/initramfs.img"
  fi
  mkdir -p "$1" && ostree admin init-fs --modern "$1" &&
    ostree admin os-init --sysroot="$1" debian &&
    ostree config --repo="$1/ostree/repo" set sysroot.bootloader none &&
    ostree commit --repo="$1/ostree/repo" --branch=tiny --tree=dir="$tiny" &&
    ostree admin deploy --sysroot="$1" --os=debian --karg=root=UUID=5f3a tiny
}

# expect NAME REFERENCE: what must be true after an update from that reference. The status is the exit code of pivotd.
expect() {
  local name=$1 reference=$2 sysroot=$checks_dir/sysroot-$1 status=0
  make_sysroot "$sysroot" >"$checks_dir/output" 2>&1 || { cat "$checks_dir/output"; exit 1; }
  update "$sysroot" "$reference" >"$sysroot.log" 2>&1 || status=$?
  check "$name: pivotd says done or reboot needed ($status)" checks_is_one_of "$status" 0 4 || cat "$sysroot.log"
  check "$name: the commit is deployed" is_deployed "$sysroot"
  check "$name: the boot loader entry has the argument" has_arguments "$sysroot"
  check "$name: the whole commit was imported" has_every_object "$sysroot"
  check "$name: the repository is sound" ostree fsck --quiet --repo="$sysroot/ostree/repo"
  check "$name: no transaction is left" checks_has_no_transactions "$sysroot"
  status=0
  update "$sysroot" "$reference" >"$sysroot.log" 2>&1 || status=$?
  check "$name: again, and there is nothing to do ($status)" checks_is_one_of "$status" 0 4 77
  chattr -i "$sysroot"/ostree/deploy/*/deploy/*/
  rm -rf --one-file-system "$sysroot"*
}

for kind in docker-gzip-1 docker-gzip-3 oci-gzip-1 oci-gzip-3 oci-zstd-1 oci-zstd-3 oci-none-1; do
  IFS=- read -r format compression layers <<<"$kind"
  reference=$(host_push "$checks_dir/made" os "$repository:$kind" "$format" "$compression" "$layers") || exit 1
  expect "$kind" "$reference"
done

own=$(dpkg --print-architecture)
case $own in amd64) other=arm64 ;; *) other=amd64 ;; esac
one=$(host_push "$checks_dir/made" os "$repository:own" oci gzip 1 "$own") || exit 1
two=$(host_push "$checks_dir/made" os "$repository:other" oci gzip 1 "$other") || exit 1
index=$(host_index "$checks_dir/made" "$repository:index" "$two" "$one") || exit 1
expect index "$index"
checks_end
