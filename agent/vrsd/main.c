// SPDX-License-Identifier: GPL-2.0-or-later

#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "conf/conf.h"
#include "ctl/protocol.h"
#include "lib/log.h"
#include "lib/util.h"
#include "vrsd/vrsd.h"

#define USER	"vrsd"			/* if there is such a user */
#define NOBODY	"nobody"

static const char usage_text[] =
"usage: vrsd [-dnN] [-c FILE] [-r DIR] [-u USER]\n"
"  -c, --config FILE    the configuration (" VRSD_CONFIG ")\n"
"  -n, --check          check the configuration and end\n"
"  -N, --no-kernel      serve routes only: no VNet device, no kernel route\n"
"  -r, --run-dir DIR    where the control socket is (" CTL_RUN_DIR ")\n"
"  -u, --user USER      user of the unprivileged processes (" USER ", else "
NOBODY ")\n"
"  -d, --debug          log more\n"
"      --try-sandbox PROCESS\n"
"                       show that parent, speaker, kernel, control or bfd\n"
"                       cannot do what it should not\n"
"  -h, --help\n"
"  -V, --version\n";

enum {
	OPT_PROCESS = 256,		/* how a child is told what it is */
	OPT_RESTARTED,			/* and that it is not the first */
	OPT_TRY_SANDBOX,
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, 'n' },
	{ "no-kernel", no_argument, NULL, 'N' },
	{ "run-dir", required_argument, NULL, 'r' },
	{ "user", required_argument, NULL, 'u' },
	{ "debug", no_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "process", required_argument, NULL, OPT_PROCESS },
	{ "restarted", no_argument, NULL, OPT_RESTARTED },
	{ "try-sandbox", required_argument, NULL, OPT_TRY_SANDBOX },
	{ NULL, 0, NULL, 0 },
};

/* What is for main() alone; the rest of the command line is struct options. */
struct command_line {
	enum proc_id process;
	enum proc_id try;		/* its sandbox; PROC_COUNT: none */
	const char *user;		/* NULL: the usual one */
};

static int (*const process_main[PROC_COUNT])(const struct options *opt) = {
	[PROC_PARENT] = parent_main,
	[PROC_SPEAKER] = speaker_main,
	[PROC_KERNEL] = kernel_main,
	[PROC_CONTROL] = control_main,
	[PROC_BFD] = bfd_main,
};

static void usage_error(void)
{
	fputs("try \"vrsd --help\"\n", stderr);
	exit(2);
}

static enum proc_id process_option(const char *name)
{
	enum proc_id proc = proc_find(name);

	if (proc == PROC_COUNT) {
		fprintf(stderr, "vrsd: no process is called \"%s\"\n", name);
		usage_error();
	}
	return proc;
}

static void find_user(const char *name, struct sandbox *sandbox)
{
	const struct passwd *pw = getpwnam(name ? name : USER);

	if (!pw && !name)
		pw = getpwnam(NOBODY);
	if (!pw)
		fatalx("there is no user \"%s\"", name ? name : NOBODY);
	if (pw->pw_uid == 0)
		fatalx("user \"%s\" is root: name an unprivileged one",
		       pw->pw_name);
	sandbox->uid = pw->pw_uid;
	sandbox->gid = pw->pw_gid;
}

static int check_config(const char *path)
{
	struct conf_error err;
	struct conf *conf = conf_load(path, &err);

	if (!conf || !conf_read_keys(conf, path, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	conf_free(conf);
	return 0;
}

static void parse_options(struct options *opt, struct command_line *line)
{
	int c;

	while ((c = getopt_long(opt->argc, opt->argv, "c:nNr:u:dhV",
				long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			opt->config = optarg;
			break;
		case 'n':
			opt->check = true;
			break;
		case 'N':
			opt->no_kernel = true;
			break;
		case 'r':
			opt->run_dir = optarg;
			break;
		case 'u':
			line->user = optarg;
			break;
		case 'd':
			opt->debug = true;
			break;
		case 'h':
			fputs(usage_text, stdout);
			exit(0);
		case 'V':
			puts("vrsd " VRS_VERSION);
			exit(0);
		case OPT_PROCESS:
			line->process = process_option(optarg);
			break;
		case OPT_RESTARTED:
			opt->restarted = true;
			break;
		case OPT_TRY_SANDBOX:
			line->try = process_option(optarg);
			break;
		default:
			usage_error();
		}
	}
	if (optind < opt->argc) {
		fprintf(stderr, "vrsd: unexpected \"%s\"\n",
			opt->argv[optind]);
		usage_error();
	}
}

int main(int argc, char **argv)
{
	struct options opt = {
		.config = VRSD_CONFIG,
		.run_dir = CTL_RUN_DIR,
		.argc = argc,
		.argv = argv,
	};
	struct command_line line = {
		.process = PROC_PARENT,
		.try = PROC_COUNT,
	};

	open_std_fds();
	parse_options(&opt, &line);
	if (opt.check)
		return check_config(opt.config);

	log_init(proc_name(line.process),
		 opt.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	log_nonblock();
	prctl(PR_SET_NAME, "vrsd");
	find_user(line.user, &opt.sandbox);
	opt.sandbox.root = xasprintf("%s/empty", opt.run_dir);
	if (line.try != PROC_COUNT)
		return sandbox_try(line.try, &opt.sandbox);
	return process_main[line.process](&opt);
}
