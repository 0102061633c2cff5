// SPDX-License-Identifier: Apache-2.0
// The figures that Prometheus knows of every process, by the names that its clients agreed on.
#include "server/metrics_page.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void gauge(struct metrics_page *page, const char *name, const char *help, double value)
{
    metrics_page_begin(page, METRIC_GAUGE, name, help, NULL);
    metrics_page_sample(page, NULL, value);
}

static void add_memory(struct metrics_page *page)
{
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return;
    long virtual_pages, resident_pages;
    double page_size = (double)sysconf(_SC_PAGESIZE);
    if (fscanf(file, "%ld %ld", &virtual_pages, &resident_pages) == 2) {
        gauge(page, "process_virtual_memory_bytes", "Virtual memory size in bytes.", (double)virtual_pages * page_size);
        gauge(page, "process_resident_memory_bytes", "Resident memory size in bytes.",
              (double)resident_pages * page_size);
    }
    fclose(file);
}

static void add_open_files(struct metrics_page *page)
{
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return;
    int count = -3; // ".", ".." and the folder itself
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    gauge(page, "process_open_fds", "Number of open file descriptors.", count);

    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        gauge(page, "process_max_fds", "Maximum number of open file descriptors.", (double)limit.rlim_cur);
}

void metrics_page_process(struct metrics_page *page, double started_at)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    metrics_page_begin(page, METRIC_COUNTER, "process_cpu_seconds_total",
                       "Total user and system CPU time spent in seconds.", NULL);
    metrics_page_sample(page, NULL, (double)spent.tv_sec + (double)spent.tv_nsec / 1e9);

    gauge(page, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", started_at);
    add_memory(page);
    add_open_files(page);
}
