# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# The part of tests/vm/run that makes a guest of user-mode Linux: one process at
# the machine's own speed, for benchmarks. It sees the host's files, read-only,
# and has one CPU. Needs root, for its memory in huge pages.

machine_prepare() {
	[ ${#links[@]} -eq 0 ] || fail "user-mode Linux has no --net"
	[ -z "$tree" ] || fail "user-mode Linux has no --tree"
	mkdir "$tmp/guest" "$tmp/memory"
	write_guest "$tmp/guest" TESTS="$root/tests" OUTPUT=/dev/ttyS0 \
		VNET_KO="/run/build/kmod-$release/vnet.ko" \
		PATH=/run/build:/run/build/tests/bin:/usr/sbin:/usr/bin
	# By a name of its own, as /tmp is the guest's.
	echo "none /run/build hostfs ro,x-mount.mkdir,$build 0 0" \
		>>"$tmp/guest/fstab"
	# Memory that real kernels map with large pages is mapped so here.
	mount -t tmpfs -o "huge=always,size=$((memory + 64))M" tmpfs "$tmp/memory"
}

# Its console is the log, its serial port our output. The timeout is in a
# process group with all the processes that user-mode Linux is made of.
machine_boot() {
	export TMPDIR=$tmp/memory
	exec timeout -k 5 "$timeout" "$kernel_dir/vmlinuz" mem="${memory}M" \
		root=/dev/root rootfstype=hostfs rootflags=/ ro \
		uml_dir="$tmp" umid=uml init="$here/init" GUEST="$tmp/guest" \
		panic=-1 loglevel=5 con=null con0=null,fd:4 ssl=null ssl0=null,fd:5 \
		4>"$log" 5>&1 >>"$tmp/stdout" 2>&1
}

machine_cleanup() {
	! mountpoint -q "$tmp/memory" || umount -l "$tmp/memory"
}
