/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_CONF_PRINT_H
#define TESTS_UNIT_CONF_PRINT_H

#include <stdio.h>

#include "conf/conf.h"

/*
 * Write a configuration back as YAML with every key there is, in a fixed
 * order. Reading that again gives an equal configuration.
 */
void conf_print(const struct conf *conf, FILE *out);

#endif
