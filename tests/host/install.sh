#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What make install puts where, that DKMS could build the module from it, and
# that make uninstall takes it all away.

# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

root=$(realpath "${0%/*}/../..")
kernel=${VNET_CACHE:-/var/cache/vnet}/kernel-6.1/build
dest=$(mktemp -d)
defer rm -rf "$dest"

run_make() {
	make -s -C "$root" BUILD="${VNET_BUILD:-$root/build}" DESTDIR="$dest" "$@"
}

installed() {
	(cd "$dest" && find . -type f | sed 's/^\.//' | grep -v '^/usr/src/' | LC_ALL=C sort)
}

# verify_unit: with the programs where they are now.
verify_unit() {
	local unit=$dest/vrsd.service status

	sed "s|/usr/local|$dest&|" "$dest/etc/systemd/system/vrsd.service" >"$unit"
	systemd-analyze --man=no --recursive-errors=no verify "$unit"
	status=$?
	rm "$unit"
	return $status
}

# What DKMS does: the command in dkms.conf, in a copy of the source.
dkms_build() {
	local source=("$dest"/usr/src/vnet-*) status
	# shellcheck disable=SC2034 # for dkms.conf
	local dkms_tree=$dest/dkms kernel_source_dir=$kernel MAKE

	# shellcheck source=/dev/null
	. "${source[0]}/dkms.conf"
	mkdir -p "$dkms_tree/vnet/$PACKAGE_VERSION"
	cp -r "${source[0]}" "$dkms_tree/vnet/$PACKAGE_VERSION/build"
	${MAKE[0]} && modinfo "$dkms_tree/vnet/$PACKAGE_VERSION/build/vnet.ko"
	status=$?
	rm -rf "$dkms_tree"
	return "$status"
}

# In the order of names; one man page for each there is.
expected() {
	local page

	echo /etc/systemd/system/vrsd.service
	echo /usr/lib/sysusers.d/vrsd.conf
	echo /usr/lib/x86_64-linux-gnu/ip/link_vnet.so
	echo /usr/local/bin/vrs
	echo /usr/local/sbin/vrsd
	echo /usr/local/share/bash-completion/completions/vrs
	printf '/usr/local/share/doc/vnet/%s\n' azure.md concepts.md \
		configuration.md operations.md protocol.h vrsd.yaml
	for page in "$root"/docs/man/*.[1-8]; do
		echo "/usr/local/share/man/man${page##*.}/${page##*/}"
	done | LC_ALL=C sort
}

must run_make install
check_equal "what is installed" "$(expected)" installed
check "the unit starts what is installed" \
	grep -qx 'ExecStart=/usr/local/sbin/vrsd.*' \
	"$dest/etc/systemd/system/vrsd.service"
if command -v systemd-analyze >/dev/null; then
	check_equal "systemd finds nothing wrong in the unit" "" verify_unit
else
	skip "systemd finds nothing wrong in the unit" "no systemd-analyze"
fi
check "DKMS can build the module" dkms_build
must run_make uninstall
check_equal "nothing is left" "" find "$dest" -type f
ktap_finish
