/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop of a process, over libevent_core. One loop per process, one
 * thread. All callbacks have one priority and run in turn, so each must do a
 * bounded piece of work and come back (loop_job) for the rest; then no peer
 * can keep another's timer from running.
 *
 * Objects may be freed in any callback, their own included.
 */
#ifndef LIB_LOOP_H
#define LIB_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define LOOP_READ	0x1
#define LOOP_WRITE	0x2

struct loop_fd;				/* a descriptor being watched */
struct loop_timer;			/* one-shot, monotonic */
struct loop_job;			/* work for the end of the turn */

/* @ready: LOOP_READ and LOOP_WRITE as far as they hold (level triggered). */
typedef void loop_fd_cb(int fd, unsigned int ready, void *arg);
typedef void loop_cb(void *arg);

void loop_init(void);
/* Run until loop_exit(); returns its status. */
int loop_run(void);
void loop_exit(int status);
/*
 * Free the loop; its objects must be gone. Not in a forked child, whose kernel
 * side is still its parent's: fork before loop_init(), or exec.
 */
void loop_fini(void);
/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t loop_now_ms(void);

/* Watch @fd, which stays the caller's, for @want (LOOP_READ | LOOP_WRITE). */
struct loop_fd *loop_fd_new(int fd, unsigned int want, loop_fd_cb *cb,
			    void *arg);
/* Change what is watched for; 0 pauses. */
void loop_fd_want(struct loop_fd *lf, unsigned int want);
void loop_fd_free(struct loop_fd *lf);

struct loop_timer *loop_timer_new(loop_cb *cb, void *arg);
/* (Re)start: fires once, @ms from now. */
void loop_timer_set(struct loop_timer *timer, uint64_t ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_running(const struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

struct loop_job *loop_job_new(loop_cb *cb, void *arg);
/*
 * Run the job once, after what is already due; asking twice is asking once. One
 * that has run in this turn of the loop, or does now, runs again in the next.
 */
void loop_defer(struct loop_job *job);
void loop_job_free(struct loop_job *job);

/* Call @cb in the loop when @signo arrives; lives as long as the loop. */
void loop_signal(int signo, loop_cb *cb, void *arg);

#endif
