# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# The part of tests/vm/run that makes a guest of Debian's kernels and the debug
# kernel: an emulated machine with an initramfs of the host's programs.

# shellcheck source=image
. "$here/image"

# What the project built.
project_files() {
	local dir=$1 f libs

	mkdir -p "$dir/usr/lib/vnet" "$dir/tests" "$dir/usr/local/bin"
	cp "$build/kmod-$release"/*.ko "$dir/usr/lib/vnet"
	cp -r "$root"/tests/. "$dir/tests"
	for f in "${programs_built[@]}"; do
		cp "$f" "$dir/usr/local/bin"
	done
	if [ -e "$build/link_vnet.so" ]; then
		install -D -t "$dir/usr/lib/x86_64-linux-gnu/ip" \
			"$build/link_vnet.so"
	fi
	[ -z "$tree" ] || cp -a "$tree" "$dir"
	mapfile -t libs < <(libraries "${programs_built[@]}")
	[ "${#libs[@]}" -eq 0 ] || copy_into "$dir" "${libs[@]}"
}

# A part that is not compressed must come before those that are.
machine_prepare() {
	local dir=$tmp/root

	skeleton "$dir"
	project_files "$dir"
	install "$here/init" "$dir/init"
	mkdir "$dir/guest"
	write_guest "$dir/guest" TESTS=/tests OUTPUT=/dev/ttyS1 \
		VNET_KO=/usr/lib/vnet/vnet.ko PATH=/usr/local/bin:/usr/sbin:/usr/bin
	{
		pack "$dir"
		"$here/image" "$kernel_dir" | xargs cat
	} >"$tmp/initramfs"
	wait_for_links
}

# QEMU listens at once, but cannot wait for the other end to do so.
wait_for_links() {
	local link

	for link in "${links[@]}"; do
		case $link in
		listen:?*) continue ;;
		connect:?*) ;;
		*) usage ;;
		esac
		timeout 60 bash -c "until [ -S '${link#*:}' ]; do sleep 1; done" ||
			fail "nobody listens at ${link#*:}"
	done
}

# link_options: QEMU's options for --net.
link_options() {
	local i server end

	for i in "${!links[@]}"; do
		case ${links[i]} in
		listen:*) server=on end=1 ;;
		connect:*) server=off end=2 ;;
		esac
		echo -netdev
		echo "stream,id=n$i,server=$server,addr.type=unix,addr.path=${links[i]#*:}"
		echo -device
		printf 'virtio-net-pci,netdev=n%d,romfile=,mac=02:00:00:00:%02x:%02x\n' \
			"$i" "$i" $end
	done
}

# A busy host may leave an emulated processor without time for half a minute,
# which the kernel must not take for its own fault.
patience="rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60"

# threading: how QEMU runs the two processors. With a thread for each, one may
# translate an instruction that the other is about to overwrite, and keep it: a
# kernel that patches itself while it runs (static keys) then dies of "Oops: int3"
# in code of its own, in seconds if it does nothing else, with QEMU 7.2 and 10.0.
# Debian's kernels do, so theirs take turns. Ours are built without static keys.
threading() {
	case $kernel in
	6.*) [ -n "$parallel" ] && echo multi || echo single ;;
	*) echo multi ;;
	esac
}

# cx16 off: with it, QEMU 7.2 now and then kills a 6.12 guest (cmpxchg16b). q35
# because the other machine's ACPI tables take the debug kernel half a minute.
machine_boot() {
	local options thread

	thread=$(threading)
	mapfile -t options < <(link_options)
	exec timeout --foreground -k 5 "$timeout" \
		qemu-system-x86_64 -M q35 -accel tcg,thread=$thread \
		-cpu qemu64,-cx16 -smp 2 -m "$memory" \
		-nodefaults -display none -no-reboot -nic none \
		-kernel "$kernel_dir/vmlinuz" -initrd "$tmp/initramfs" \
		-append "console=ttyS0 rdinit=/init panic=-1 oops=panic loglevel=8 $patience" \
		-serial "file:$log" \
		-chardev stdio,id=output,signal=off -serial chardev:output \
		-device virtio-rng-pci "${options[@]}" "${plugins[@]}"
}

machine_cleanup() {
	:
}
