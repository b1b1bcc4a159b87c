# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# all_ok FILE: whether there are figures in it, and all are ok.
all_ok() {
	grep -q '"ok":true' "$1" && ! grep -q '"ok":false' "$1"
}
