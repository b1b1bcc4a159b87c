# SPDX-License-Identifier: GPL-2.0-or-later
tools += frames
frames_cflags := -Wno-missing-field-initializers
