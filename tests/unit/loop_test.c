// SPDX-License-Identifier: GPL-2.0-or-later

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/log.h"
#include "lib/loop.h"

static int pipe_fd[2];
static struct loop_fd *reader, *writer;
static struct loop_timer *slow, *quick, *stopped;
static struct loop_job *job, *again;
static unsigned int order, at_read, at_write, at_quick, at_slow, at_signal;
static unsigned int jobs, steps;
static uint64_t began, fired;

static void on_read(int fd, unsigned int ready, void *arg)
{
	char byte;

	at_read = ++order;
	ktap_must(arg == &at_read && ready == LOOP_READ);
	ktap_must(read(fd, &byte, 1) == 1);
	loop_fd_free(reader);
}

static void on_write(int fd, unsigned int ready, void *arg)
{
	(void)arg;
	at_write = ++order;
	ktap_must(ready == LOOP_WRITE && write(fd, "x", 1) == 1);
	loop_fd_want(writer, 0);
}

static void on_quick(void *arg)
{
	(void)arg;
	at_quick = ++order;
	fired = loop_now_ms();
	kill(getpid(), SIGUSR1);
	loop_timer_free(quick);
}

/* On a busy machine the signal may be seen after the slow timer. */
static void end_if_all(void)
{
	if (at_slow && at_signal)
		loop_exit(7);
}

static void on_slow(void *arg)
{
	(void)arg;
	at_slow = ++order;
	end_if_all();
}

static void on_stopped(void *arg)
{
	(void)arg;
	ktap_ok(false, "a stopped timer does not fire");
}

static void on_signal(void *arg)
{
	(void)arg;
	at_signal = ++order;
	end_if_all();
}

static void on_job(void *arg)
{
	(void)arg;
	jobs++;
}

/* Work in pieces: descriptors get their turn in between. */
static void on_again(void *arg)
{
	(void)arg;
	if (++steps < 100)
		loop_defer(again);
}

/* Two jobs that ask for each other, beside a descriptor that is always ready */
static struct loop_job *ping, *pong;
static unsigned int pings, pongs, looks, most, last;
static bool in_turn;

static void on_ping(void *arg)
{
	(void)arg;
	pings++;
	loop_defer(pong);
}

static void on_pong(void *arg)
{
	(void)arg;
	pongs++;
	loop_defer(ping);
}

static void on_look(int fd, unsigned int ready, void *arg)
{
	(void)fd;
	(void)ready;
	(void)arg;
	if (looks++ == 0)
		loop_defer(ping);
	if (looks == 2)
		in_turn = pings == 1 && pongs == 1;
	most = pings - last > most ? pings - last : most;
	last = pings;
	if (looks == 100)
		loop_exit(0);
}

static void test_turns(void)
{
	struct loop_fd *fd = loop_fd_new(pipe_fd[1], LOOP_WRITE, on_look, NULL);

	ping = loop_job_new(on_ping, NULL);
	pong = loop_job_new(on_pong, NULL);
	loop_run();
	ktap_ok(in_turn, "a job runs in the turn in which it is asked for");
	ktap_ok(most == 1 && pings > 50, "and once in a turn, whoever asks");
	loop_fd_free(fd);
	loop_job_free(ping);
	loop_job_free(pong);
}

/* A process that watches what cannot be watched. */
static void watch_file(int log)
{
	dup2(log, STDERR_FILENO);
	log_init("test", LOG_LEVEL_WARN);
	loop_init();
	loop_fd_new(fileno(tmpfile()), LOOP_READ, on_read, NULL);
	_exit(0);
}

static void test_libevent_log(void)
{
	char text[1024] = "";
	int fds[2];
	pid_t pid;

	ktap_must(pipe(fds) == 0);
	pid = fork();
	ktap_must(pid >= 0);
	if (pid == 0)
		watch_file(fds[1]);
	ktap_must(waitpid(pid, NULL, 0) == pid);
	ktap_must(read(fds[0], text, sizeof(text) - 1) > 0);
	ktap_ok(strncmp(text, "test: warning: libevent: ", 25) == 0,
		"what libevent says is in the log");
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	ktap_start();
	test_libevent_log();
	log_init("test", LOG_LEVEL_ERR);
	ktap_must(pipe(pipe_fd) == 0);
	loop_init();
	loop_signal(SIGUSR1, on_signal, NULL);
	reader = loop_fd_new(pipe_fd[0], LOOP_READ, on_read, &at_read);
	writer = loop_fd_new(pipe_fd[1], LOOP_WRITE, on_write, NULL);
	slow = loop_timer_new(on_slow, NULL);
	quick = loop_timer_new(on_quick, NULL);
	stopped = loop_timer_new(on_stopped, NULL);
	loop_timer_set(slow, 60);
	loop_timer_set(quick, 5000);
	loop_timer_set(quick, 20);
	loop_timer_set(stopped, 10);
	loop_timer_stop(stopped);
	job = loop_job_new(on_job, NULL);
	again = loop_job_new(on_again, NULL);
	loop_defer(job);
	loop_defer(job);
	loop_defer(again);
	ktap_ok(loop_timer_running(slow) && !loop_timer_running(stopped),
		"a timer knows whether it runs");
	began = loop_now_ms();
	ktap_ok(loop_run() == 7, "the loop ends with the status it was given");
	ktap_ok(at_write && at_read > at_write, "descriptors");
	ktap_ok(at_quick && at_slow > at_quick, "timers in their order");
	ktap_ok(fired >= began + 15 && fired < began + 2000,
		"set again, a timer counts from then");
	ktap_ok(at_signal > at_quick, "a signal");
	ktap_ok(jobs == 1, "deferred twice is once");
	ktap_ok(steps == 100, "work that defers itself goes on");
	test_turns();
	loop_fd_free(writer);
	loop_timer_free(slow);
	loop_timer_free(stopped);
	loop_job_free(job);
	loop_job_free(again);
	loop_fini();
	return ktap_finish();
}
