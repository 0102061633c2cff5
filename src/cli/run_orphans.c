// SPDX-License-Identifier: Apache-2.0
//
// What a command leaves behind when it is ended for a lost license: its own children, to which it did not pass on what
// it was sent. We are made their parent by the kernel (PR_SET_CHILD_SUBREAPER) as soon as theirs is gone, so that,
// generation by generation, all of them come before us here.
#include "cli/run_child.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { STAT_SIZE = 512 };

void run_orphans_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

// "7 (a name) S 1 …": the state and the parent stand behind the last bracket. False for one that is dead already.
static bool is_living_child_of(const char *stat, pid_t parent)
{
    const char *end = strrchr(stat, ')');
    char state;
    int found;
    return end != NULL && sscanf(end + 1, " %c %d", &state, &found) == 2 && found == parent && state != 'Z';
}

static bool is_ours(const char *name)
{
    char path[300], stat[STAT_SIZE];
    snprintf(path, sizeof path, "/proc/%s/stat", name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t got = read(file, stat, sizeof stat - 1);
    close(file);
    stat[got > 0 ? got : 0] = '\0';
    return is_living_child_of(stat, getpid());
}

size_t run_orphans_send(int signal)
{
    size_t count = 0;
    DIR *folder = opendir("/proc");
    if (folder == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !is_ours(entry->d_name))
            continue;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        kill(pid, signal);
        if (signal != SIGKILL)
            kill(pid, SIGCONT);
        count++;
    }
    closedir(folder);
    return count;
}
