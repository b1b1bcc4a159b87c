# SPDX-License-Identifier: GPL-2.0-or-later
tools += hostile
hostile_cflags := -Wno-missing-field-initializers
