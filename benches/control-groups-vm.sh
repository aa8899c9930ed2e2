#!/usr/bin/env bash
#
# Runs a command in a virtual machine that has this machine's files and control groups of version 2, for tier T4 of
# the sandbox on a machine whose own control groups are of version 1 or belong to somebody else.
#
#   benches/control-groups-vm.sh KERNEL.deb COMMAND…
#
# KERNEL.deb is a kernel package of Debian for the cloud (`apt-get download linux-image-VERSION-cloud-amd64`); nothing of
# it is installed. COMMAND is a line for sh and runs as root, in this folder. The files are those of this machine, read
# only; what the command writes stays in the memory of the virtual machine. The exit code is that of the command.
#
#   WHET_VM_ACCEL   tcg, which runs everywhere and slowly, or kvm (tcg). Under tcg the machine's clock counts instructions,
#                   one in a nanosecond, so limits of time mean the same however busy this machine is
#   WHET_VM_CPUS    processors (1)
#   WHET_VM_MEMORY  memory in MiB (3072)
#   WHET_VM_LIMIT   seconds after which the machine is ended (600)
#
# Needs root, QEMU with its virtiofsd, busybox-static and cpio.

set -euo pipefail

say() { printf '%s\n' "$*" >&2; }
refuse() {
    say "error: $1"
    exit 2
}

[ $# -ge 2 ] || refuse "usage: ${BASH_SOURCE[0]##*/} KERNEL.deb COMMAND…"
package=$1
shift
[ -f "$package" ] || refuse "there is no file $package; \`apt-get download linux-image-VERSION-cloud-amd64\` fetches one"
[ "$(id -u)" = 0 ] || refuse "only root can show this machine's files to a virtual one"
for tool in qemu-system-x86_64 busybox cpio dpkg-deb xz; do
    command -v "$tool" >/dev/null || refuse "$tool is missing: apt-get install qemu-system-x86 busybox-static cpio xz-utils"
done
server=/usr/lib/qemu/virtiofsd
[ -x "$server" ] || server=/usr/libexec/virtiofsd
[ -x "$server" ] || refuse "virtiofsd is missing: apt-get install virtiofsd, or qemu-system-common of Debian 12"

work=$(mktemp -d)
files=
# shellcheck disable=SC2317,SC2329  # called by the trap
clean() {
    [ -z "$files" ] || kill "$files" 2>/dev/null || true
    rm -rf -- "$work"
}
trap clean EXIT

say "unpacking $(basename -- "$package")"
mkdir "$work/package" "$work/root"
dpkg-deb -x "$package" "$work/package"
kernel=("$work"/package/boot/vmlinuz-*)
version=${kernel[0]##*/vmlinuz-}

# The modules of the root file system, each after those that it needs. What is not there is in the kernel.
root=$work/root
mkdir -p "$root"/{bin,modules,dev,proc,sys,lower,upper,new}
cp -- "$(command -v busybox)" "$root/bin/busybox"
for name in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci fuse virtiofs overlay; do
    find "$work/package" -name "$name.ko" -exec cp -t "$root/modules" {} +
    find "$work/package" -name "$name.ko.xz" -exec xz -dc {} \; >"$work/module"
    [ ! -s "$work/module" ] || mv -- "$work/module" "$root/modules/$name.ko"
    [ ! -e "$root/modules/$name.ko" ] || printf '%s\n' "$name.ko" >>"$root/modules/order"
done

{
    printf '#!/bin/sh\ncd %q || exit 1\nexport PATH=%q HOME=%q LANG=C.UTF-8\n' "$PWD" "$PATH" "$HOME"
    printf '%s\n' "$*"
} >"$root/command"

cat >"$root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
# Whatever fails here ends the machine, and the caller is told that it ended early.
trap 'echo o >/proc/sysrq-trigger; sleep 60' EXIT
set -e
mount -t sysfs none /sys
mount -t devtmpfs none /dev
dmesg -n 1
while read -r module; do insmod "/modules/$module"; done </modules/order
mount -t virtiofs -o ro host /lower
mount -t tmpfs -o mode=755 none /upper
mkdir /upper/new /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/new,workdir=/upper/work none /new
mount --move /dev /new/dev
mkdir -p /new/dev/pts /new/dev/shm
mount -t devpts none /new/dev/pts
mount -t tmpfs none /new/dev/shm
mount -t proc none /new/proc
mount -t sysfs none /new/sys
mount -t tmpfs -o mode=1777 none /new/tmp
mount -t tmpfs -o mode=755 none /new/run
mount -t cgroup2 -o nsdelegate none /new/sys/fs/cgroup
echo '+cpu +memory +pids' >/new/sys/fs/cgroup/cgroup.subtree_control
ip link set lo up
cp /command /last /new/run
# And not chroot: a process with a root of its own may not make user namespaces.
exec switch_root /new /bin/sh /run/last
INIT

cat >"$root/last" <<'LAST'
trap 'echo o >/proc/sysrq-trigger; sleep 60' EXIT
# As a session would: the first process and those of the kernel stay at the top.
mkdir /sys/fs/cgroup/session
sh -c 'echo $$ >/sys/fs/cgroup/session/cgroup.procs; exec env -i sh /run/command' </dev/null >/dev/ttyS0 2>&1
echo "code $?" >/dev/ttyS1
LAST
chmod 755 "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initramfs"

"$server" --socket-path="$work/files.sock" -o source=/,cache=always,sandbox=chroot >"$work/files.log" 2>&1 &
files=$!
for _ in $(seq 50); do
    [ ! -S "$work/files.sock" ] || break
    sleep 0.1
done
[ -S "$work/files.sock" ] || refuse "virtiofsd did not start: $(tail -3 "$work/files.log")"

memory=${WHET_VM_MEMORY:-3072}
accelerator=(-accel "${WHET_VM_ACCEL:-tcg}")
[ "${WHET_VM_ACCEL:-tcg}" = kvm ] || accelerator+=(-icount shift=0)
say "starting Linux $version"
timeout --foreground "${WHET_VM_LIMIT:-600}" qemu-system-x86_64 "${accelerator[@]}" -cpu max -machine q35 -nodefaults -no-user-config -no-reboot \
    -display none -smp "${WHET_VM_CPUS:-1}" -m "$memory" \
    -object "memory-backend-memfd,id=memory,size=${memory}M,share=on" -numa node,memdev=memory \
    -chardev "socket,id=files,path=$work/files.sock" -device vhost-user-fs-pci,chardev=files,tag=host \
    -device virtio-rng-pci -serial stdio -serial "file:$work/code" \
    -kernel "${kernel[0]}" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=-1" </dev/null
code=$(tr -d '\r' <"$work/code" | sed -n 's/^code //p')
[ -n "$code" ] || refuse "the machine ended before the command did"
exit "$code"
