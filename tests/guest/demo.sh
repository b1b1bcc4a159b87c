#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What "make demo" shows, so that nobody finds out by hand that it does not.

. "${0%/*}/../lib.sh"

check "the demo holds to its end" bash "${0%/*}/../demo/demo.sh"
ktap_finish
